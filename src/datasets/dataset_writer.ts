/**
 * Writes a LeRobotDataset v3.0, episode by episode. A saved episode is complete on disk, in every file, the moment
 * `saveEpisode` returns; a crash at any time costs at most the episode that was not saved yet.
 */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Column } from "./columns.ts";
import { Commit, recover, WORK_FOLDER } from "./commit.ts";
import { dataColumns } from "./data_columns.ts";
import {
  type EpisodeRecord,
  type EpisodeRow,
  episodeColumns,
  episodesSchema,
  listChunkFiles,
  readEpisodes,
  type VideoSegment,
} from "./episodes.ts";
import { DatasetError } from "./errors.ts";
import { cameraKeys, type Features, imageSize, withIndexFeatures } from "./features.ts";
import { assertFrame, EpisodeBuffer, type FrameInput } from "./frame_input.ts";
import { CODEBASE_VERSION, type DatasetInfo, readInfo, serialiseInfo } from "./info.ts";
import { ParquetAppender } from "./parquet_appender.ts";
import { dataSchema } from "./parquet_schema.ts";
import {
  DEFAULT_DATA_PATH,
  DEFAULT_VIDEO_PATH,
  EPISODES_PATH,
  FIRST_FILE,
  type FilePosition,
  filePath,
  INFO_PATH,
  nextFile,
  STATS_PATH,
  TASKS_PATH,
} from "./paths.ts";
import { tableStatistics } from "./statistics/episode_statistics.ts";
import { type DatasetStatistics, mergeDatasetStatistics } from "./statistics/feature_statistics.ts";
import { readStatistics, serialiseStatistics } from "./statistics/stats_file.ts";
import { encodeTasks, readTasks } from "./tasks.ts";
import type { VideoCodec } from "./video/backend.ts";
import { videoBackend } from "./video/choose.ts";
import { VideoTrack, videoInfo } from "./video_track.ts";
import { WriterLock } from "./writer_lock.ts";

export interface CreateDatasetOptions {
  /** Folder of the dataset; it must not exist, or be empty. */
  readonly root: string;
  /** Frames per second. */
  readonly fps: number;
  /** The user's features; the five index features are added. */
  readonly features: Features;
  readonly robotType?: string;
  /** Encoding of new `video` features; AV1 by default, like LeRobot. */
  readonly videoCodec?: VideoCodec;
  /** MiB after which a new data or episodes file begins. */
  readonly dataFileSizeLimitMib?: number;
  /** MiB after which a new video file begins. */
  readonly videoFileSizeLimitMib?: number;
  /** Files per chunk folder. */
  readonly chunksSize?: number;
  /** `"episode"` by default. */
  readonly flush?: FlushPolicy;
}

export interface ResumeDatasetOptions {
  readonly root: string;
  readonly videoCodec?: VideoCodec;
  readonly flush?: FlushPolicy;
}

/**
 * When saved episodes are forced onto the disk. Either way they survive the end of the process; `"episode"` also
 * survives a power failure, `"close"` is faster for data that can be made again.
 */
export type FlushPolicy = "episode" | "close";

const MIB = 2 ** 20;
/** Rows of `meta/episodes` that are encoded again with every episode, until they become a row group of their own. */
const EPISODES_PER_ROW_GROUP = 50;

interface WriterState {
  readonly root: string;
  readonly info: DatasetInfo;
  readonly tasks: string[];
  readonly statistics: DatasetStatistics | undefined;
  readonly files: { readonly data: FilePosition; readonly episodes: FilePosition };
  readonly tracks: ReadonlyMap<string, VideoTrack>;
  readonly videoCodec: VideoCodec;
  readonly lock: WriterLock;
  readonly lostEpisode: boolean;
  readonly flush: FlushPolicy;
}

export class DatasetWriter {
  readonly root: string;
  /** An episode was being recorded when the previous writer stopped without saving or discarding it. */
  readonly lostEpisode: boolean;
  readonly #videoCodec: VideoCodec;
  readonly #tracks: ReadonlyMap<string, VideoTrack>;
  readonly #lock: WriterLock;
  readonly #commit: Commit;
  #info: DatasetInfo;
  #tasks: string[];
  #statistics: DatasetStatistics | undefined;
  #data: { position: FilePosition; appender: ParquetAppender };
  #episodes: { position: FilePosition; appender: ParquetAppender; openRows: EpisodeRow[] };
  #buffer: EpisodeBuffer;
  /** Why the current episode can only be discarded. */
  #spoiled: Error | undefined;
  /** Why nothing can be written any more. */
  #interrupted: Error | undefined;

  private constructor(state: WriterState) {
    this.root = state.root;
    this.lostEpisode = state.lostEpisode;
    this.#info = state.info;
    this.#tasks = state.tasks;
    this.#statistics = state.statistics;
    this.#videoCodec = state.videoCodec;
    this.#tracks = state.tracks;
    this.#lock = state.lock;
    this.#commit = new Commit(state.root, { flushEach: state.flush === "episode" });
    this.#data = { position: state.files.data, appender: this.#dataAppender(state.files.data) };
    this.#episodes = {
      position: state.files.episodes,
      appender: this.#episodesAppender(state.files.episodes),
      openRows: [],
    };
    this.#buffer = new EpisodeBuffer(state.info.features, state.info.fps);
  }

  /** @throws Error when the folder holds anything, or a feature cannot be stored. */
  static async create(options: CreateDatasetOptions): Promise<DatasetWriter> {
    const { root, fps, features: userFeatures, videoCodec = "av1", flush = "episode" } = options;
    if (!Number.isInteger(fps) || fps < 1) throw new RangeError(`fps must be a positive integer, got ${fps}`);
    const found = await readdir(root).catch(() => []);
    if (found.length > 0) {
      throw new Error(`"${root}" is not empty: resume the dataset that is there, or choose another folder`);
    }
    const features = withIndexFeatures(userFeatures);
    for (const key of cameraKeys(features)) imageSize(key, features[key]!);
    dataSchema(features);
    const info: DatasetInfo = {
      codebase_version: CODEBASE_VERSION,
      fps,
      features: { ...features },
      total_episodes: 0,
      total_frames: 0,
      total_tasks: 0,
      chunks_size: options.chunksSize ?? 1000,
      data_files_size_in_mb: options.dataFileSizeLimitMib ?? 100,
      video_files_size_in_mb: options.videoFileSizeLimitMib ?? 200,
      data_path: DEFAULT_DATA_PATH,
      video_path: cameraKeys(features, "video").length > 0 ? DEFAULT_VIDEO_PATH : null,
      robot_type: options.robotType ?? null,
      splits: {},
    };
    await mkdir(root, { recursive: true });
    const lock = await WriterLock.acquire(root);
    try {
      const tracks = await createTracks(root, info, videoCodec, () => FIRST_FILE);
      const commit = new Commit(root);
      await commit.stageContent(INFO_PATH, serialiseInfo(info));
      await commit.apply();
      const files = { data: FIRST_FILE, episodes: FIRST_FILE };
      return new DatasetWriter({
        ...{ root, info, tasks: [], statistics: undefined, files, tracks, videoCodec, lock, flush },
        lostEpisode: false,
      });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Opens a dataset to add episodes to it. Existing files are never written to: new episodes begin new files.
   * @throws DatasetError when the dataset is damaged, Error when another process is writing to it.
   */
  static async resume({ root, videoCodec = "av1", flush = "episode" }: ResumeDatasetOptions): Promise<DatasetWriter> {
    await stat(root).catch((cause) => {
      throw new DatasetError({ file: root }, "there is no such folder", { cause });
    });
    const lock = await WriterLock.acquire(root);
    try {
      await recover(root);
      const lostEpisode = await stat(join(root, WORK_FOLDER, "episode")).then(
        () => true,
        () => false,
      );
      await rm(join(root, WORK_FOLDER, "episode"), { recursive: true, force: true });
      const info = await readInfo(root);
      const videoKeys = cameraKeys(info.features, "video");
      const episodes = await readEpisodes(root, videoKeys);
      assertCounters(info, episodes);
      const after = (position: FilePosition | undefined) =>
        position ? nextFile(position, info.chunks_size) : FIRST_FILE;
      const last = episodes.at(-1);
      return new DatasetWriter({
        ...{ root, info, videoCodec, lock, lostEpisode, flush },
        tasks: info.total_tasks > 0 ? await readTasks(root) : [],
        statistics: await readStatistics(root),
        files: { data: after(last?.data), episodes: after(await lastEpisodesFile(root)) },
        tracks: await createTracks(root, info, videoCodec, (key) => after(last?.videos[key]?.file)),
      });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get info(): DatasetInfo {
    return this.#info;
  }

  /** Frames of the episode that is being recorded. */
  get pendingFrames(): number {
    return this.#buffer.length;
  }

  /**
   * Adds a frame to the current episode.
   * @param frame One value per feature. Arrays are copied.
   * @throws Error naming every feature that is missing, unknown or misfitting; the episode is unchanged.
   */
  async addFrame(frame: FrameInput, task: string): Promise<void> {
    this.#assertUsable();
    assertFrame(this.#info.features, frame);
    if (task === "") throw new Error("a frame needs the text of its task");
    if (this.#buffer.length === 0) await mkdir(join(this.root, WORK_FOLDER, "episode"), { recursive: true });
    let taskIndex = this.#tasks.indexOf(task);
    if (taskIndex === -1) taskIndex = this.#tasks.push(task) - 1;
    this.#buffer.add(frame, taskIndex);
    try {
      for (const [key, track] of this.#tracks) await track.add(frame[key] as Uint8Array);
    } catch (cause) {
      // The cameras may disagree with the table now: this episode can only be discarded.
      this.#spoiled = new Error(`the episode cannot be recorded (${(cause as Error).message}); discard it`, { cause });
      throw this.#spoiled;
    }
  }

  /**
   * Saves the current episode. When this fails nothing on disk has changed and the episode is kept: save again, or
   * discard it.
   */
  async saveEpisode(): Promise<EpisodeRecord> {
    this.#assertUsable();
    if (this.#buffer.length === 0) throw new Error("the episode has no frames to save");
    const { row, accept } = await this.#stageEpisode();
    try {
      await this.#commit.apply();
    } catch (cause) {
      this.#interrupted = new Error("saving was interrupted halfway: resume the dataset to finish it", { cause });
      throw this.#interrupted;
    }
    for (const update of accept) update();
    await this.discardEpisode();
    return row;
  }

  /** Forgets the current episode. */
  async discardEpisode(): Promise<void> {
    for (const track of this.#tracks.values()) await track.clear();
    await rm(join(this.root, WORK_FOLDER, "episode"), { recursive: true, force: true });
    this.#tasks.length = this.#info.total_tasks;
    this.#buffer = new EpisodeBuffer(this.#info.features, this.#info.fps);
    this.#spoiled = undefined;
  }

  /** Ends writing. @throws Error when an episode is neither saved nor discarded, so that none is lost by accident. */
  async close(): Promise<void> {
    if (this.#buffer.length > 0) {
      throw new Error(`an episode of ${this.#buffer.length} frames is neither saved nor discarded`);
    }
    await this.#commit.flush();
    await this.#lock.release();
    await rm(join(this.root, WORK_FOLDER), { recursive: true, force: true });
  }

  async #stageEpisode() {
    const { info } = this;
    const length = this.#buffer.length;
    const accept: (() => void)[] = [];
    await this.#commit.begin();
    const table = this.#buffer.table(info.total_episodes, info.total_frames);
    const tasks = [...new Set(taskIndices(table.columns.task_index!, length))].map((index) => this.#tasks[index]!);
    if (this.#tasks.length > info.total_tasks) await this.#commit.stageContent(TASKS_PATH, encodeTasks(this.#tasks));

    const data = this.#fits(this.#data.appender, length, info.data_files_size_in_mb) ? this.#data : this.#nextData();
    const dataPath = filePath(info.data_path, data.position);
    accept.push(await data.appender.append(await this.#commit.stage(dataPath), dataColumns(table, info.features)));
    accept.push(() => {
      this.#data = data;
    });

    const segments: Record<string, VideoSegment> = {};
    const features = { ...info.features };
    const statistics = { ...tableStatistics(table), ...this.#buffer.imageStatistics() };
    for (const [key, track] of this.#tracks) {
      const staged = await track.stage(this.#commit, length);
      segments[key] = staged.segment;
      statistics[key] = staged.statistics;
      accept.push(staged.accept);
      if (info.total_episodes > 0) continue;
      const encoding = videoInfo(staged.probe, this.#videoCodec, "handrail");
      features[key] = { ...features[key]!, info: { ...features[key]!.info, ...encoding } };
    }

    const record: EpisodeRecord = {
      ...{ episodeIndex: info.total_episodes, tasks, length, data: data.position, videos: segments },
      fromIndex: info.total_frames,
      toIndex: info.total_frames + length,
    };
    accept.push(await this.#stageEpisodeRow({ ...record, statistics, meta: this.#episodes.position }));

    const nextInfo: DatasetInfo = {
      ...info,
      features,
      total_episodes: info.total_episodes + 1,
      total_frames: record.toIndex,
      total_tasks: this.#tasks.length,
      splits: { ...info.splits, train: `0:${info.total_episodes + 1}` },
    };
    const nextStatistics = mergeDatasetStatistics(this.#statistics, statistics);
    await this.#commit.stageContent(INFO_PATH, serialiseInfo(nextInfo));
    await this.#commit.stageContent(STATS_PATH, serialiseStatistics(nextStatistics, features));
    accept.push(() => {
      this.#info = nextInfo;
      this.#statistics = nextStatistics;
    });
    return { row: record, accept };
  }

  async #stageEpisodeRow(row: EpisodeRow): Promise<() => void> {
    const { info } = this;
    let { position, appender, openRows } = this.#episodes;
    if (!this.#fits(appender, 1, info.data_files_size_in_mb)) {
      position = nextFile(position, info.chunks_size);
      appender = this.#episodesAppender(position);
      openRows = [];
    }
    const rows = [...openRows, { ...row, meta: position }];
    const seal = rows.length >= EPISODES_PER_ROW_GROUP;
    const columns = episodeColumns(rows, info.features, [...this.#tracks.keys()]);
    const staged = await this.#commit.stage(filePath(EPISODES_PATH, position));
    const appended = await appender.append(staged, columns, { seal });
    return () => {
      appended();
      this.#episodes = { position, appender, openRows: seal ? [] : rows };
    };
  }

  /** Whether `rows` more rows stay below the size limit, if they are as large as those already in the file. */
  #fits({ size, rows: present }: ParquetAppender, rows: number, limitMib: number): boolean {
    return present === 0 || (size / MIB) * (1 + rows / present) < limitMib;
  }

  #nextData() {
    const position = nextFile(this.#data.position, this.#info.chunks_size);
    return { position, appender: this.#dataAppender(position) };
  }

  #dataAppender(position: FilePosition): ParquetAppender {
    const path = join(this.root, filePath(this.#info.data_path, position));
    return new ParquetAppender({ path, schema: dataSchema(this.#info.features) });
  }

  #episodesAppender(position: FilePosition): ParquetAppender {
    const schema = episodesSchema(this.#info.features, [...this.#tracks.keys()]);
    return new ParquetAppender({ path: join(this.root, filePath(EPISODES_PATH, position)), schema });
  }

  #assertUsable(): void {
    const problem = this.#interrupted ?? this.#spoiled;
    if (problem) throw problem;
  }
}

async function createTracks(
  root: string,
  info: DatasetInfo,
  codec: VideoCodec,
  start: (key: string) => FilePosition,
): Promise<Map<string, VideoTrack>> {
  const keys = cameraKeys(info.features, "video");
  if (keys.length === 0) return new Map();
  const backend = await videoBackend();
  return new Map(
    keys.map((key) => [
      key,
      new VideoTrack({
        ...{ root, key, backend, codec, start: start(key) },
        feature: info.features[key]!,
        fps: info.fps,
        videoPath: info.video_path ?? DEFAULT_VIDEO_PATH,
        chunksSize: info.chunks_size,
        fileSizeLimitMib: info.video_files_size_in_mb,
      }),
    ]),
  );
}

function assertCounters(info: DatasetInfo, episodes: readonly EpisodeRecord[]): void {
  const frames = episodes.at(-1)?.toIndex ?? 0;
  if (info.total_episodes === episodes.length && info.total_frames === frames) return;
  throw new DatasetError(
    { file: INFO_PATH, field: "total_frames" },
    `says ${info.total_episodes} episodes and ${info.total_frames} frames, but meta/episodes lists ` +
      `${episodes.length} and ${frames}: the dataset is damaged, so nothing is added to it`,
  );
}

async function lastEpisodesFile(root: string): Promise<FilePosition | undefined> {
  const last = (await listChunkFiles(root, "meta/episodes")).at(-1);
  const [chunk, file] = last?.match(/\d+/g)?.map(Number) ?? [];
  return chunk === undefined || file === undefined ? undefined : { chunk, file };
}

function* taskIndices(column: Column, length: number): Generator<number> {
  if (column.kind !== "numeric") throw new TypeError("task_index is numeric");
  for (let row = 0; row < length; row++) yield column.data[row]!;
}
