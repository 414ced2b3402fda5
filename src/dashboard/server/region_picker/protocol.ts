/** Messages between the region picker's page and its server, as JSON. */
import { z } from "zod";

const pixels = z.int().min(0);
const size = z.tuple([z.int().min(1), z.int().min(1)]);

export const PickedRegionsSchema = z.strictObject({
  /** [top, left, height, width] in pixels, by camera. */
  crops: z.record(z.string(), z.tuple([pixels, pixels, pixels.min(1), pixels.min(1)])),
  /** [height, width] of every image after cropping; null does not resize. */
  resize: size.nullable(),
});
export type PickedRegions = z.infer<typeof PickedRegionsSchema>;

/** Initial state of the page. */
export interface RegionPickerState {
  readonly root: string;
  /** Folder of the cropped dataset; null if regions are only selected. */
  readonly target: string | null;
  readonly cameras: readonly { readonly key: string; readonly height: number; readonly width: number }[];
  readonly episodes: readonly { readonly episodeIndex: number; readonly fromIndex: number; readonly length: number }[];
  readonly frames: number;
  readonly initial: PickedRegions;
}

/** One line of the response while the regions are applied. */
export type ApplyingMessage =
  | { readonly done: number; readonly total: number }
  | { readonly finished: true }
  | { readonly error: string };
