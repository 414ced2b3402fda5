/** What the page of the region picker and its server tell each other, as JSON. */
import { z } from "zod";

const pixels = z.int().min(0);
const size = z.tuple([z.int().min(1), z.int().min(1)]);

export const PickedRegionsSchema = z.strictObject({
  /** [top, left, height, width] in pixels, by camera. */
  crops: z.record(z.string(), z.tuple([pixels, pixels, pixels.min(1), pixels.min(1)])),
  /** [height, width] of every image after cropping; null leaves the regions as large as they are. */
  resize: size.nullable(),
});
export type PickedRegions = z.infer<typeof PickedRegionsSchema>;

/** What the page asks for when it opens. */
export interface RegionPickerState {
  readonly root: string;
  /** Where the cropped dataset goes; null when regions are only chosen. */
  readonly target: string | null;
  readonly cameras: readonly { readonly key: string; readonly height: number; readonly width: number }[];
  readonly episodes: readonly { readonly episodeIndex: number; readonly fromIndex: number; readonly length: number }[];
  readonly frames: number;
  readonly initial: PickedRegions;
}

/** One line of the answer to a choice, while it is being applied. */
export type ApplyingMessage =
  | { readonly done: number; readonly total: number }
  | { readonly finished: true }
  | { readonly error: string };
