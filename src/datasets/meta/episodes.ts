/** `meta/episodes`: each episode's location, tasks and statistics. One row per episode. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DatasetError } from "../errors.ts";
import { ParquetFile } from "../parquet/parquet_reader.ts";
import {
  fileSchema,
  float64Column,
  int64Column,
  numberListColumn,
  stringListColumn,
} from "../parquet/parquet_schema.ts";
import type { ColumnRow } from "../parquet/row_group_encoder.ts";
import type { Features } from "../schema/features.ts";
import { type DatasetStatistics, type FeatureStatistics, VECTOR_STATISTICS } from "../statistics/feature_statistics.ts";
import { nestStatistic, parseStatistics, statisticDepth } from "../statistics/stats_file.ts";
import { decidedPaths } from "../writing/commit.ts";
import type { FilePosition } from "./paths.ts";
import { textOf } from "./tasks.ts";

/** An episode's segment of a video file, in seconds. */
export interface VideoSegment {
  readonly file: FilePosition;
  readonly fromTimestampS: number;
  readonly toTimestampS: number;
}

export interface EpisodeRecord {
  readonly episodeIndex: number;
  /** Distinct task texts. */
  readonly tasks: readonly string[];
  /** Number of frames. */
  readonly length: number;
  readonly data: FilePosition;
  /** Half-open range of global frame indices. */
  readonly fromIndex: number;
  readonly toIndex: number;
  readonly videos: Readonly<Record<string, VideoSegment>>;
}

export interface EpisodeRow extends EpisodeRecord {
  readonly statistics: DatasetStatistics;
  /** Location of this row. */
  readonly meta: FilePosition;
}

/** Features with statistics: everything but text. */
const statisticalKeys = (features: Features): string[] =>
  Object.keys(features).filter((key) => !["string", "language"].includes(features[key]!.dtype));

export function episodesSchema(features: Features, videoKeys: readonly string[]) {
  return fileSchema([
    int64Column("episode_index"),
    stringListColumn("tasks"),
    ...["length", "data/chunk_index", "data/file_index", "dataset_from_index", "dataset_to_index"].map(int64Column),
    ...videoKeys.flatMap((key) => [
      int64Column(`videos/${key}/chunk_index`),
      int64Column(`videos/${key}/file_index`),
      float64Column(`videos/${key}/from_timestamp`),
      float64Column(`videos/${key}/to_timestamp`),
    ]),
    ...statisticalKeys(features).flatMap((key) => [
      ...VECTOR_STATISTICS.map((name) =>
        numberListColumn(`stats/${key}/${name}`, statisticDepth(features[key]!), "float64"),
      ),
      numberListColumn(`stats/${key}/count`, 1, "int64"),
    ]),
    int64Column("meta/episodes/chunk_index"),
    int64Column("meta/episodes/file_index"),
  ]);
}

/** Rows in the parquet writer's form: one array per column. */
export function episodeColumns(
  rows: readonly EpisodeRow[],
  features: Features,
  videoKeys: readonly string[],
): readonly ColumnRow[] {
  const column = (name: string, value: (row: EpisodeRow) => unknown) => ({ name, data: rows.map(value) });
  const int64 = (name: string, value: (row: EpisodeRow) => number) => column(name, (row) => BigInt(value(row)));
  return [
    int64("episode_index", (row) => row.episodeIndex),
    column("tasks", (row) => [...row.tasks]),
    int64("length", (row) => row.length),
    int64("data/chunk_index", (row) => row.data.chunk),
    int64("data/file_index", (row) => row.data.file),
    int64("dataset_from_index", (row) => row.fromIndex),
    int64("dataset_to_index", (row) => row.toIndex),
    ...videoKeys.flatMap((key) => [
      int64(`videos/${key}/chunk_index`, (row) => row.videos[key]!.file.chunk),
      int64(`videos/${key}/file_index`, (row) => row.videos[key]!.file.file),
      column(`videos/${key}/from_timestamp`, (row) => row.videos[key]!.fromTimestampS),
      column(`videos/${key}/to_timestamp`, (row) => row.videos[key]!.toTimestampS),
    ]),
    ...statisticalKeys(features).flatMap((key) => [
      ...VECTOR_STATISTICS.map((name) => ({
        ...column(`stats/${key}/${name}`, (row) => nestStatistic(row.statistics[key]![name], features[key]!)),
        distinct: true,
      })),
      column(`stats/${key}/count`, (row) => [BigInt(row.statistics[key]!.count)]),
    ]),
    int64("meta/episodes/chunk_index", (row) => row.meta.chunk),
    int64("meta/episodes/file_index", (row) => row.meta.file),
  ];
}

/**
 * Files of a `chunk-…/file-….parquet` tree, as paths relative to `root`, in reading order. Skips the hidden files of file
 * managers and notebooks (`._file-000.parquet`, `.ipynb_checkpoints`).
 */
export async function listChunkFiles(root: string, folder: string): Promise<string[]> {
  const isData = (name: string) => name.endsWith(".parquet") && !name.startsWith(".");
  const chunks = (await readdir(join(root, folder)).catch(() => [])).filter((name) => !name.startsWith("."));
  const files = await Promise.all(
    chunks.map(async (chunk) => {
      const names = await readdir(join(root, folder, chunk)).catch(() => []);
      return names.filter(isData).map((name) => `${folder}/${chunk}/${name}`);
    }),
  );
  const waiting = (await decidedPaths(root)).filter(
    (path) => dirname(dirname(path)) === folder && isData(basename(path)),
  );
  return [...new Set([...files.flat(), ...waiting])].sort();
}

/** All episodes, in order, without their statistics. @throws DatasetError if they are not numbered 0 … n−1. */
export async function readEpisodes(root: string, videoKeys: readonly string[]): Promise<EpisodeRecord[]> {
  const episodes: EpisodeRecord[] = [];
  for (const path of await listChunkFiles(root, "meta/episodes")) {
    const file = await ParquetFile.open(root, path);
    try {
      for (const episode of await readEpisodeFile(file, videoKeys)) {
        if (episode.episodeIndex !== episodes.length) {
          throw new DatasetError(
            { file: path, field: "episode_index", row: episodes.length },
            `expected episode ${episodes.length}, found ${episode.episodeIndex}`,
          );
        }
        episodes.push(episode);
      }
    } finally {
      await file.close();
    }
  }
  return episodes;
}

async function readEpisodeFile(file: ParquetFile, videoKeys: readonly string[]): Promise<EpisodeRecord[]> {
  const numbers = async (name: string): Promise<number[]> => {
    const values = await file.readRaw(name);
    return values.map((value, row) => {
      const number = typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
      const isTime = name.endsWith("timestamp");
      if (isTime ? Number.isFinite(number) : Number.isSafeInteger(number) && number >= 0) return number;
      throw new DatasetError({ file: file.path, field: name, row }, `${value} is not a ${isTime ? "time" : "count"}`);
    });
  };
  const [index, tasks, length, chunk, dataFile, from, to] = await Promise.all([
    numbers("episode_index"),
    file.readRaw("tasks"),
    numbers("length"),
    numbers("data/chunk_index"),
    numbers("data/file_index"),
    numbers("dataset_from_index"),
    numbers("dataset_to_index"),
  ]);
  const videos = await Promise.all(
    videoKeys.map(async (key) => ({
      key,
      chunk: await numbers(`videos/${key}/chunk_index`),
      file: await numbers(`videos/${key}/file_index`),
      from: await numbers(`videos/${key}/from_timestamp`),
      to: await numbers(`videos/${key}/to_timestamp`),
    })),
  );
  return index.map((episodeIndex, row) => ({
    episodeIndex,
    tasks: Array.isArray(tasks[row]) ? tasks[row].map(textOf) : [],
    length: length[row]!,
    data: { chunk: chunk[row]!, file: dataFile[row]! },
    fromIndex: from[row]!,
    toIndex: to[row]!,
    videos: Object.fromEntries(
      videos.map((video): [string, VideoSegment] => [
        video.key,
        {
          file: { chunk: video.chunk[row]!, file: video.file[row]! },
          fromTimestampS: video.from[row]!,
          toTimestampS: video.to[row]!,
        },
      ]),
    ),
  }));
}

/**
 * The statistics stored with every episode, in order; features without them are left out.
 * @param onProblem Called with unreadable statistics, which are left out.
 */
export async function readEpisodeStatistics(
  root: string,
  features: Features,
  onProblem: (error: DatasetError) => void = () => {},
): Promise<DatasetStatistics[]> {
  const result: DatasetStatistics[] = [];
  for (const path of await listChunkFiles(root, "meta/episodes")) {
    const file = await ParquetFile.open(root, path);
    try {
      const present = new Set(file.columnNames);
      const keys = statisticalKeys(features).filter((key) => present.has(`stats/${key}/mean`));
      const columns = new Map<string, unknown[]>();
      for (const name of keys.flatMap((key) => [...VECTOR_STATISTICS, "count"].map((stat) => `stats/${key}/${stat}`))) {
        if (present.has(name)) columns.set(name, await file.readRaw(name));
      }
      for (let row = 0; row < file.rows; row++) {
        const entries: [string, FeatureStatistics][] = [];
        for (const key of keys) {
          const values = [...VECTOR_STATISTICS, "count"].map((stat) => [
            stat,
            columns.get(`stats/${key}/${stat}`)?.[row],
          ]);
          try {
            entries.push([key, parseStatistics(Object.fromEntries(values), path, `stats/${key}`)]);
          } catch (error) {
            if (!(error instanceof DatasetError)) throw error;
            onProblem(new DatasetError({ ...error.location, row }, error.problem));
          }
        }
        result.push(Object.fromEntries(entries));
      }
    } finally {
      await file.close();
    }
  }
  return result;
}
