/** The real sizes of camera frames: `meta/info.json` may be wrong, as in resized datasets. */

import { pngSize } from "../images/png.ts";
import type { EpisodeRecord } from "../meta/episodes.ts";
import type { DatasetInfo } from "../meta/info.ts";
import { DEFAULT_VIDEO_PATH, filePath } from "../meta/paths.ts";
import { ParquetFile } from "../parquet/parquet_reader.ts";
import { cameraFeature, type Feature, type Features, type ImageSize } from "../schema/features.ts";
import { videoBackend } from "../video/choose.ts";
import { locateFile } from "./locate_file.ts";

/** @param first undefined without episodes, which have no frame to check. @throws DatasetError if its frames are unreadable. */
export async function withActualSizes(
  root: string,
  info: DatasetInfo,
  first: EpisodeRecord | undefined,
): Promise<DatasetInfo> {
  if (first === undefined) return info;
  const sized = async ([key, feature]: [string, Feature]): Promise<[string, Feature]> => {
    const { dtype } = feature;
    if (dtype !== "image" && dtype !== "video") return [key, feature];
    const size = await (dtype === "image" ? imageSizeOf(root, info, first, key) : videoSizeOf(root, info, first, key));
    return [key, { ...feature, ...cameraFeature(dtype, size) }];
  };
  const features: Features = Object.fromEntries(await Promise.all(Object.entries(info.features).map(sized)));
  return { ...info, features };
}

async function videoSizeOf(
  root: string,
  info: DatasetInfo,
  { videos }: EpisodeRecord,
  key: string,
): Promise<ImageSize> {
  const path = filePath(info.video_path ?? DEFAULT_VIDEO_PATH, videos[key]!.file, key);
  const reader = await (await videoBackend()).open(await locateFile(root, path));
  try {
    return { ...reader.size, channels: 3 };
  } finally {
    await reader.close();
  }
}

async function imageSizeOf(root: string, info: DatasetInfo, { data }: EpisodeRecord, key: string): Promise<ImageSize> {
  const file = await ParquetFile.open(root, filePath(info.data_path, data));
  try {
    const [image] = await file.readRaw(key, 0, 1);
    return pngSize((image as { readonly bytes: Uint8Array }).bytes);
  } finally {
    await file.close();
  }
}
