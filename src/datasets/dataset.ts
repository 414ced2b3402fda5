/** Reads a LeRobotDataset v3.0: any frame at random, or episode by episode in bounded memory. */

import { DatasetError } from "./errors.ts";
import { decodePng } from "./images/png.ts";
import { type EpisodeStarts, readEpisodeStarts } from "./meta/episode_starts.ts";
import { type EpisodeRecord, readEpisodes } from "./meta/episodes.ts";
import { type DatasetInfo, readInfo } from "./meta/info.ts";
import { DEFAULT_VIDEO_PATH, filePath, TASKS_PATH } from "./meta/paths.ts";
import { readTasks, textOf } from "./meta/tasks.ts";
import { ParquetFile } from "./parquet/parquet_reader.ts";
import { storedKeys } from "./parquet/parquet_schema.ts";
import { withActualSizes } from "./reading/actual_sizes.ts";
import { type FrameWindow, frameWindow } from "./reading/delta_windows.ts";
import { locateFile } from "./reading/locate_file.ts";
import { OpenFiles } from "./reading/open_files.ts";
import { type Column, type FrameTable, type NumericArray, numbersOf, sliceTable } from "./schema/columns.ts";
import { cameraKeys, type Features, type ImageSize, imageSize } from "./schema/features.ts";
import type { DatasetStatistics } from "./statistics/feature_statistics.ts";
import { readStatistics } from "./statistics/stats_file.ts";
import type { VideoReader } from "./video/backend.ts";
import { videoBackend } from "./video/choose.ts";

/** Numbers of a feature (row-major), a camera frame (height × width × channels bytes), a text, or a list of values. */
export type FeatureValue = NumericArray | string | readonly unknown[];

export interface DatasetFrame {
  /** Position in the dataset. */
  readonly index: number;
  readonly episodeIndex: number;
  /** Position in the episode. */
  readonly frameIndex: number;
  /** Seconds since the episode's first frame, as stored (float32). */
  readonly timestampS: number;
  readonly task: string;
  /** Every feature but the five index features. */
  readonly values: Readonly<Record<string, FeatureValue>>;
}

export interface OpenDatasetOptions {
  /** Tolerance of a video frame's time, in seconds. */
  readonly toleranceS?: number;
  /** Take the sizes of cameras from their first frames instead of `meta/info.json`, which may be wrong. */
  readonly actualSizes?: boolean;
}

export interface ReadOptions {
  /** Features to read. Default: all. Leaving out cameras saves their decoding. */
  readonly features?: readonly string[];
}

const OPEN_DATA_FILES = 8;
const OPEN_VIDEO_FILES = 8;
const CACHED_TABLES = 8;

export class Dataset {
  readonly root: string;
  readonly info: DatasetInfo;
  /** Task texts by task index. */
  readonly tasks: readonly string[];
  readonly episodes: readonly EpisodeRecord[];
  readonly #toleranceS: number;
  readonly #data: OpenFiles<ParquetFile>;
  readonly #videos: OpenFiles<VideoReader>;
  /** Global index of the first row of each data file. */
  readonly #firstIndex = new Map<string, number>();
  readonly #tables = new Map<string, Promise<FrameTable>>();

  private constructor(
    root: string,
    info: DatasetInfo,
    tasks: readonly string[],
    episodes: readonly EpisodeRecord[],
    toleranceS: number,
  ) {
    this.root = root;
    this.info = info;
    this.tasks = tasks;
    this.episodes = episodes;
    this.#toleranceS = toleranceS;
    this.#data = new OpenFiles(
      OPEN_DATA_FILES,
      (path) => ParquetFile.open(root, path),
      (file) => file.close(),
    );
    this.#videos = new OpenFiles(
      OPEN_VIDEO_FILES,
      (path) => this.#openVideo(path),
      (reader) => reader.close(),
    );
    for (const episode of episodes) {
      const path = this.dataPath(episode);
      this.#firstIndex.set(path, Math.min(this.#firstIndex.get(path) ?? episode.fromIndex, episode.fromIndex));
    }
  }

  /**
   * Reading never changes a dataset and reads nothing outside its folder.
   * @throws DatasetError naming the file (and field, and row) that is unreadable.
   */
  static async open(
    root: string,
    { toleranceS = 1e-4, actualSizes = false }: OpenDatasetOptions = {},
  ): Promise<Dataset> {
    const declared = await readInfo(root);
    const episodes = await readEpisodes(root, cameraKeys(declared.features, "video"));
    const info = actualSizes ? await withActualSizes(root, declared, episodes[0]) : declared;
    const tasks = episodes.length > 0 ? await readTasks(root) : [];
    return new Dataset(root, info, tasks, episodes, toleranceS);
  }

  get features(): Features {
    return this.info.features;
  }

  /** Number of frames. */
  get length(): number {
    return this.episodes.at(-1)?.toIndex ?? 0;
  }

  /** Size of a camera's frames. @throws Error if the feature is not a camera. */
  imageSize(key: string): ImageSize {
    const feature = this.features[key];
    if (!feature)
      throw new Error(`the dataset has no feature "${key}"; found: ${Object.keys(this.features).join(", ")}`);
    return imageSize(key, feature);
  }

  /** The dataset's statistics, without unreadable ones; undefined if it has none. */
  statistics(onProblem?: (error: DatasetError) => void): Promise<DatasetStatistics | undefined> {
    return readStatistics(this.root, onProblem);
  }

  /** Starts of the episodes, as far as stored. @throws DatasetError for an invalid file. */
  episodeStarts(): Promise<EpisodeStarts | undefined> {
    return readEpisodeStarts(this.root, this.episodes.length);
  }

  dataPath({ data }: EpisodeRecord): string {
    return filePath(this.info.data_path, data);
  }

  /** Global index of the first row of a data file. */
  firstIndexOf(dataPath: string): number {
    return this.#firstIndex.get(dataPath)!;
  }

  videoPath(episode: EpisodeRecord, key: string): string {
    return filePath(this.info.video_path ?? DEFAULT_VIDEO_PATH, episode.videos[key]!.file, key);
  }

  /** @throws RangeError if the episode does not exist. */
  episode(index: number): EpisodeRecord {
    const episode = this.episodes[index];
    if (!episode) throw new RangeError(`episode ${index} does not exist: the dataset has ${this.episodes.length}`);
    return episode;
  }

  /** The episode of a frame. @throws RangeError if the frame does not exist. */
  episodeOf(index: number): EpisodeRecord {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`frame ${index} does not exist: the dataset has ${this.length}`);
    }
    let low = 0;
    let high = this.episodes.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.episodes[middle]!.toIndex <= index) low = middle + 1;
      else high = middle;
    }
    return this.episodes[low]!;
  }

  /** An episode's columns as typed arrays: everything except videos, which `frames` decodes. */
  readTable(episode: EpisodeRecord, keys: readonly string[] = storedKeys(this.features)): Promise<FrameTable> {
    const path = this.dataPath(episode);
    const start = episode.fromIndex - this.#firstIndex.get(path)!;
    return this.#data.use(path, (file) => file.readTable(this.features, keys, start, start + episode.length));
  }

  /** The frames of an episode, in order; one decoded frame is in memory at a time. */
  async *frames(episode: EpisodeRecord, { features }: ReadOptions = {}): AsyncGenerator<DatasetFrame, void, void> {
    const keys = this.#selected(features);
    const table = await this.readTable(episode, this.#stored(keys));
    const timestamps = numbersOf(table, "timestamp");
    const videos = await Promise.all(
      this.#videoKeys(keys).map(async (key) => {
        const path = this.videoPath(episode, key);
        const reader = await this.#openVideo(path);
        this.#assertVideoSize(path, key, reader);
        const times = Array.from(timestamps, (timestamp) => episode.videos[key]!.fromTimestampS + timestamp);
        return { key, path, reader, frames: reader.frames(times, this.#tolerance(timestamps.at(-1)!)) };
      }),
    );
    try {
      for (let row = 0; row < table.length; row++) {
        const images: Record<string, FeatureValue> = {};
        for (const { key, path, frames } of videos) {
          const { value } = await inFile(path, key, episode.fromIndex + row, () => frames.next());
          images[key] = this.#checkedImage(path, key, value as Uint8Array);
        }
        yield this.#frame(episode, table, row, images);
      }
    } finally {
      for (const { frames, reader } of videos) {
        await frames.return();
        await reader.close();
      }
    }
  }

  /** Any frame. Neighbouring frames are cheap: their episode's columns stay cached. */
  async frame(index: number, { features }: ReadOptions = {}): Promise<DatasetFrame> {
    const episode = this.episodeOf(index);
    const keys = this.#selected(features);
    const row = index - episode.fromIndex;
    const table = await this.#cachedTable(episode, this.#stored(keys));
    const timestamp = numbersOf(table, "timestamp")[row]!;
    const images = await Promise.all(
      this.#videoKeys(keys).map(async (key): Promise<[string, FeatureValue]> => {
        const path = this.videoPath(episode, key);
        const time = episode.videos[key]!.fromTimestampS + timestamp;
        const pixels = await this.#videos.use(path, (reader) =>
          inFile(path, key, index, async () => {
            this.#assertVideoSize(path, key, reader);
            for await (const frame of reader.frames([time], this.#tolerance(timestamp))) return frame;
            throw new Error("no frame was decoded");
          }),
        );
        return [key, this.#checkedImage(path, key, pixels)];
      }),
    );
    return this.#frame(episode, table, row, Object.fromEntries(images));
  }

  /**
   * A feature's values around a frame, and which of them are padding.
   * @param offsetsS Relative times, multiples of 1/fps; 0 is the frame itself.
   */
  async window(index: number, key: string, offsetsS: readonly number[]) {
    const window: FrameWindow = frameWindow(index, this.episodeOf(index), offsetsS, this.info.fps, this.#toleranceS);
    const values: FeatureValue[] = [];
    for (const target of window.indices) values.push((await this.frame(target, { features: [key] })).values[key]!);
    return { values, isPad: window.isPad };
  }

  async close(): Promise<void> {
    this.#tables.clear();
    await Promise.all([this.#data.closeAll(), this.#videos.closeAll()]);
  }

  #frame(episode: EpisodeRecord, table: FrameTable, row: number, images: Readonly<Record<string, FeatureValue>>) {
    const values: Record<string, FeatureValue> = {};
    for (const [key, column] of Object.entries(sliceTable(table, row, row + 1).columns)) {
      if (!INDEX_KEYS.has(key)) values[key] = this.#value(episode, key, column, row);
    }
    const taskIndex = numbersOf(table, "task_index")[row]!;
    const task = this.tasks[taskIndex];
    if (task === undefined) {
      throw new DatasetError({ file: TASKS_PATH, field: "task_index" }, `task ${taskIndex} does not exist`);
    }
    const frame: DatasetFrame = {
      index: episode.fromIndex + row,
      episodeIndex: episode.episodeIndex,
      frameIndex: row,
      timestampS: numbersOf(table, "timestamp")[row]!,
      task,
      values: { ...values, ...images },
    };
    return frame;
  }

  #value(episode: EpisodeRecord, key: string, column: Column, row: number): FeatureValue {
    if (column.kind === "numeric") return column.data;
    if (column.kind === "value") {
      const value = column.data[0];
      return Array.isArray(value) ? value : textOf(value);
    }
    const path = this.dataPath(episode);
    try {
      return this.#checkedImage(path, key, decodePng(column.data[0]!, this.imageSize(key)).data);
    } catch (cause) {
      if (cause instanceof DatasetError) throw cause;
      const location = { file: path, field: key, row: episode.fromIndex + row - this.#firstIndex.get(path)! };
      throw new DatasetError(location, (cause as Error).message, { cause });
    }
  }

  /** Timestamps are stored as float32, whose rounding shifts them late in a long episode. */
  #tolerance(timestampS: number): number {
    return this.#toleranceS + timestampS * 2 ** -24;
  }

  /** Before decoding: a small file may hold enormous frames. */
  #assertVideoSize(file: string, key: string, { size }: VideoReader): void {
    const { height, width } = this.imageSize(key);
    if (size.height === height && size.width === width) return;
    throw new DatasetError(
      { file, field: key },
      `frames are ${size.height} × ${size.width}, but meta/info.json says ${height} × ${width}; ` +
        "`handrail dataset convert` writes the dataset with their real size",
    );
  }

  #checkedImage(file: string, key: string, pixels: Uint8Array): Uint8Array {
    const { height, width, channels } = this.imageSize(key);
    if (pixels.length === height * width * channels) return pixels;
    throw new DatasetError(
      { file, field: key },
      `frames have ${pixels.length} bytes, but info.json says ${height} × ${width} × ${channels}`,
    );
  }

  #cachedTable(episode: EpisodeRecord, keys: readonly string[]): Promise<FrameTable> {
    const id = `${episode.episodeIndex} ${keys.join(" ")}`;
    const table = this.#tables.get(id) ?? this.readTable(episode, keys);
    this.#tables.delete(id);
    this.#tables.set(id, table);
    table.catch(() => this.#tables.delete(id));
    if (this.#tables.size > CACHED_TABLES) this.#tables.delete(this.#tables.keys().next().value!);
    return table;
  }

  #selected(features: readonly string[] | undefined): readonly string[] {
    const unknown = features?.find((key) => !(key in this.features));
    if (unknown !== undefined) {
      throw new Error(`the dataset has no feature "${unknown}"; found: ${Object.keys(this.features).join(", ")}`);
    }
    return features ?? Object.keys(this.features);
  }

  #stored(keys: readonly string[]): string[] {
    return storedKeys(this.features).filter((key) => INDEX_KEYS.has(key) || keys.includes(key));
  }

  #videoKeys(keys: readonly string[]): string[] {
    return cameraKeys(this.features, "video").filter((key) => keys.includes(key));
  }

  async #openVideo(path: string): Promise<VideoReader> {
    const backend = await videoBackend();
    const place = await locateFile(this.root, path);
    try {
      return await backend.open(place);
    } catch (cause) {
      throw new DatasetError({ file: path }, (cause as Error).message, { cause });
    }
  }
}

const INDEX_KEYS = new Set(["timestamp", "frame_index", "episode_index", "index", "task_index"]);

/** Runs a read of a video and adds the location to its errors. */
async function inFile<Result>(file: string, field: string, index: number, read: () => Promise<Result>) {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    throw new DatasetError({ file, field }, `frame ${index} of the dataset: ${(cause as Error).message}`, { cause });
  }
}
