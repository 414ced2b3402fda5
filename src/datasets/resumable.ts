/** What must hold before anything is added to a dataset: that nothing of it is missing. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { EpisodeRecord } from "./episodes.ts";
import { DatasetError } from "./errors.ts";
import type { DatasetInfo } from "./info.ts";
import { ParquetFile } from "./parquet_reader.ts";
import { DEFAULT_VIDEO_PATH, filePath, INFO_PATH } from "./paths.ts";

const REFUSAL = "the dataset is damaged, so nothing is added to it";

/** @throws DatasetError naming the file that disagrees with the list of episodes, or is not there. */
export async function assertResumable(
  root: string,
  info: DatasetInfo,
  episodes: readonly EpisodeRecord[],
): Promise<void> {
  const frames = episodes.at(-1)?.toIndex ?? 0;
  if (info.total_episodes !== episodes.length || info.total_frames !== frames) {
    throw new DatasetError(
      { file: INFO_PATH, field: "total_frames" },
      `says ${info.total_episodes} episodes and ${info.total_frames} frames, but meta/episodes lists ` +
        `${episodes.length} and ${frames}: ${REFUSAL}`,
    );
  }
  const rows = new Map<string, number>();
  const videos = new Map<string, string>();
  for (const { data, length, videos: segments } of episodes) {
    const path = filePath(info.data_path, data);
    rows.set(path, (rows.get(path) ?? 0) + length);
    for (const [key, { file }] of Object.entries(segments)) {
      videos.set(filePath(info.video_path ?? DEFAULT_VIDEO_PATH, file, key), key);
    }
  }
  for (const [path, expected] of rows) {
    const file = await ParquetFile.open(root, path);
    await file.close();
    if (file.rows !== expected) {
      throw new DatasetError({ file: path }, `holds ${file.rows} frames, its episodes have ${expected}: ${REFUSAL}`);
    }
  }
  for (const [path, field] of videos) {
    const found = await stat(join(root, path)).catch(() => undefined);
    if (!found) throw new DatasetError({ file: path, field }, `is missing: ${REFUSAL}`);
  }
}
