/** Preconditions of appending to a dataset: it is complete and its properties match. */
import { stat } from "node:fs/promises";
import { DatasetError } from "../errors.ts";
import type { EpisodeRecord } from "../meta/episodes.ts";
import type { DatasetInfo } from "../meta/info.ts";
import { DEFAULT_VIDEO_PATH, filePath, INFO_PATH } from "../meta/paths.ts";
import { ParquetFile } from "../parquet/parquet_reader.ts";
import { locateFile } from "../reading/locate_file.ts";
import { type Feature, type Features, INDEX_FEATURES } from "../schema/features.ts";

/** Recording properties that all episodes of a dataset share. */
export interface RecordingKind {
  readonly fps: number;
  readonly features: Features;
  readonly robotType?: string;
}

/** @throws DatasetError naming every difference with both values. */
export function assertSameRecording(info: DatasetInfo, now: RecordingKind): void {
  const differences: string[] = [];
  const compare = (what: string, before: unknown, after: unknown) => {
    if (before !== after) differences.push(`${what} ${before} in the dataset and ${after} now`);
  };
  compare("frames per second are", info.fps, now.fps);
  if (info.robot_type !== null && now.robotType !== undefined) {
    compare("the robot or environment is", info.robot_type, now.robotType);
  }
  for (const key of new Set([...Object.keys(info.features), ...Object.keys(now.features)])) {
    if (key in INDEX_FEATURES) continue;
    const [before, after] = [info.features[key], now.features[key]];
    compare(`"${key}" is`, describeFeature(before), describeFeature(after));
    const [names, newNames] = [before?.names ?? null, after?.names ?? null];
    if (names !== null && newNames !== null) {
      compare(`the names of "${key}" are`, JSON.stringify(names), JSON.stringify(newNames));
    }
  }
  if (differences.length === 0) return;
  const problem = `the dataset was recorded with other settings: ${differences.join("; ")}`;
  throw new DatasetError({ file: INFO_PATH }, `${problem}. Use its settings, or record into another folder`);
}

const describeFeature = (feature: Feature | undefined): string =>
  feature === undefined ? "missing" : `${feature.dtype} [${feature.shape.join(", ")}]`;

const REFUSAL = "the dataset is damaged, so nothing is added to it";

/** @throws DatasetError naming a file that is missing or disagrees with the list of episodes. */
export async function assertResumable(
  root: string,
  info: DatasetInfo,
  episodes: readonly EpisodeRecord[],
): Promise<void> {
  const frames = episodes.at(-1)?.toIndex ?? 0;
  if (info.total_episodes !== episodes.length || info.total_frames !== frames) {
    throw new DatasetError(
      { file: INFO_PATH, field: "total_frames" },
      `has ${info.total_episodes} episodes and ${info.total_frames} frames, but meta/episodes lists ` +
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
    const found = await stat(await locateFile(root, path)).catch(() => undefined);
    if (!found) throw new DatasetError({ file: path, field }, `is missing: ${REFUSAL}`);
  }
}
