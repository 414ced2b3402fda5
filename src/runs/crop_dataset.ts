/** Crops a dataset's cameras to their regions of interest, and resizes them to the policy's input size. */
import { Dataset } from "../datasets/dataset.ts";
import type { ImageSize } from "../datasets/schema/features.ts";
import { toChannelsFirst, toChannelsLast } from "../datasets/schema/image_layout.ts";
import { type ImageEdit, type RewriteDatasetOptions, rewriteDataset } from "../datasets/writing/rewrite_dataset.ts";
import { type Crop, cropImage, resizeImage } from "../processors/steps/image_resize.ts";

export interface CropDatasetOptions extends Omit<RewriteDatasetOptions, "edits"> {
  /** Region per camera in pixels: [top, left, height, width]. Other cameras are only resized. */
  readonly crops: Readonly<Record<string, Crop>>;
  /** Height and width after cropping; without it a camera keeps the size of its region. */
  readonly resize?: readonly [height: number, width: number];
}

/** @throws RangeError when a region leaves its camera's image. */
export async function cropDataset(source: string, options: CropDatasetOptions): Promise<void> {
  const { crops, resize, ...rest } = options;
  const dataset = await Dataset.open(source, { actualSizes: true });
  await dataset.close();
  const cameras = Object.keys(dataset.features).filter((key) =>
    ["image", "video"].includes(dataset.features[key]!.dtype),
  );
  const named = new Set([...Object.keys(crops), ...(resize ? cameras : [])]);
  const edits = [...named].map((key) => [key, cropEdit(key, dataset.imageSize(key), crops[key], resize)]);
  await rewriteDataset(source, { ...rest, edits: Object.fromEntries(edits) });
}

function cropEdit(
  key: string,
  size: ImageSize,
  crop: Crop = [0, 0, size.height, size.width],
  resize: readonly [height: number, width: number] | undefined,
): ImageEdit {
  const [top, left, height, width] = crop;
  const whole = crop.every((value) => Number.isInteger(value) && value >= 0) && height > 0 && width > 0;
  if (!whole || top + height > size.height || left + width > size.width) {
    throw new RangeError(
      `camera "${key}": the region [top, left, height, width] = [${crop.join(", ")}] is not inside its ` +
        `${size.height} × ${size.width} image`,
    );
  }
  const [newHeight, newWidth] = resize ?? [height, width];
  const newSize = { channels: size.channels, height: newHeight, width: newWidth };
  return {
    size: newSize,
    apply(pixels) {
      const image = cropImage({ ...size, data: toChannelsFirst(pixels, size) }, crop);
      return toChannelsLast(resizeImage(image, newHeight, newWidth).data as Uint8Array, newSize);
    },
  };
}
