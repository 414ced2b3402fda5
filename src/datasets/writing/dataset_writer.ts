/**
 * Writes a LeRobotDataset v3.0, episode by episode. A saved episode is complete on disk, in every file, once `saveEpisode`
 * returns; a crash at any time costs at most the unsaved episode.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { assertEpisodeStart, readEpisodeStarts, type SeededStart } from "../meta/episode_starts.ts";
import { type EpisodeRecord, listChunkFiles, readEpisodes } from "../meta/episodes.ts";
import { CODEBASE_VERSION, type DatasetInfo, holdsDataset, readInfo, serialiseInfo } from "../meta/info.ts";
import {
  DEFAULT_DATA_PATH,
  DEFAULT_VIDEO_PATH,
  EPISODE_STARTS_PATH,
  FIRST_FILE,
  type FilePosition,
  INFO_PATH,
  nextFile,
  STATS_PATH,
} from "../meta/paths.ts";
import { readTasks } from "../meta/tasks.ts";
import { dataSchema } from "../parquet/parquet_schema.ts";
import { GrowingDataset, type GrowingDatasetState } from "../reading/growing_dataset.ts";
import { cameraKeys, imageSize, withIndexFeatures } from "../schema/features.ts";
import { completeStatistics } from "../statistics/complete_statistics.ts";
import type { VideoCodec } from "../video/backend.ts";
import { videoBackend } from "../video/choose.ts";
import { VideoTrack } from "../video/video_track.ts";
import { Commit, forWriting, InterruptedCommitError, recover, WORK_FOLDER } from "./commit.ts";
import type { CreateDatasetOptions, FlushPolicy, ResumeDatasetOptions } from "./dataset_writer_options.ts";
import { EpisodeBuffer, FrameCheck, type FrameInput } from "./frame_input.ts";
import { assertResumable, assertSameRecording } from "./resumable.ts";
import { WriterLock } from "./writer_lock.ts";

interface WriterState extends GrowingDatasetState {
  readonly tasks: string[];
  readonly lock: WriterLock;
  readonly lostEpisode: boolean;
  readonly flush: FlushPolicy;
}

export interface SaveEpisodeOptions {
  readonly start?: SeededStart | undefined;
}

export class DatasetWriter {
  readonly root: string;
  /** The previous writer stopped while an episode was being recorded, without saving or discarding it. */
  readonly lostEpisode: boolean;
  readonly #dataset: GrowingDataset;
  readonly #lock: WriterLock;
  readonly #commit: Commit;
  /** Task texts, those of the current episode included. */
  readonly #tasks: string[];
  readonly #check: FrameCheck;
  #buffer: EpisodeBuffer;
  /** Why the current episode can only be discarded. */
  #spoiled: Error | undefined;
  /** Why nothing can be written any more. */
  #interrupted: Error | undefined;

  private constructor(state: WriterState) {
    this.root = state.root;
    this.lostEpisode = state.lostEpisode;
    this.#tasks = state.tasks;
    this.#dataset = new GrowingDataset(state);
    this.#lock = state.lock;
    this.#commit = new Commit(state.root, { flushEach: state.flush === "episode" });
    this.#check = new FrameCheck(state.info.features);
    this.#buffer = new EpisodeBuffer(state.info.features, state.info.fps);
  }

  /**
   * Creates a dataset. The folder may be empty, or hold the leftovers of a process killed before a dataset existed.
   *
   * @throws Error if the folder holds anything else, or a feature cannot be stored.
   */
  static async create(options: CreateDatasetOptions): Promise<DatasetWriter> {
    const { root, fps, features: userFeatures, videoCodec = "av1", flush = "episode" } = options;
    if (!Number.isInteger(fps) || fps < 1) throw new RangeError(`fps must be a positive integer, got ${fps}`);
    const found = await readdir(root).catch(() => []);
    if (found.some((name) => name !== WORK_FOLDER) || (await holdsDataset(root))) {
      throw new Error(`"${root}" is not empty: resume its dataset, or choose another folder`);
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
    await makeFolder(root);
    const lock = await acquireLock(root);
    try {
      await recover(root, isRecordedFile);
      const tracks = await createTracks(root, info, videoCodec, () => FIRST_FILE);
      const commit = new Commit(root);
      await commit.stageContent(INFO_PATH, serialiseInfo(info));
      await commit.apply();
      const files = { data: FIRST_FILE, episodes: FIRST_FILE };
      return new DatasetWriter({
        root,
        info,
        tasks: [],
        statistics: undefined,
        starts: undefined,
        files,
        tracks,
        videoCodec,
        lock,
        flush,
        lostEpisode: false,
      });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * Opens a dataset to add episodes. Existing files are never changed: new episodes begin new files.
   * @throws DatasetError if the dataset is damaged, Error if another process is writing to it.
   */
  static async resume(options: ResumeDatasetOptions): Promise<DatasetWriter> {
    const { root, expected, videoCodec = "av1", flush = "episode" } = options;
    const found = await readInfo(root);
    if (expected) assertSameRecording(found, expected);
    const lock = await acquireLock(root);
    try {
      await recover(root, isRecordedFile);
      const lostEpisode = await stat(join(root, WORK_FOLDER, "episode")).then(
        () => true,
        () => false,
      );
      await rm(join(root, WORK_FOLDER, "episode"), { recursive: true, force: true });
      const info = await readInfo(root);
      const videoKeys = cameraKeys(info.features, "video");
      const episodes = await readEpisodes(root, videoKeys);
      await assertResumable(root, info, episodes);
      const after = (position: FilePosition | undefined) =>
        position ? nextFile(position, info.chunks_size) : FIRST_FILE;
      const last = episodes.at(-1);
      return new DatasetWriter({
        root,
        info,
        videoCodec,
        lock,
        lostEpisode,
        flush,
        tasks: info.total_tasks > 0 ? await readTasks(root) : [],
        statistics: await completeStatistics(root),
        starts: await readEpisodeStarts(root, episodes.length),
        files: { data: after(last?.data), episodes: after(await lastEpisodesFile(root)) },
        tracks: await createTracks(root, info, videoCodec, (key) => after(last?.videos[key]?.file)),
      });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get info(): DatasetInfo {
    return this.#dataset.info;
  }

  /** Number of frames in the current episode. */
  get pendingFrames(): number {
    return this.#buffer.length;
  }

  /**
   * Adds a frame to the current episode.
   * @param frame One value per feature. Arrays are copied.
   * @throws Error naming every missing, unknown or misfitting feature; the episode is unchanged.
   */
  async addFrame(frame: FrameInput, task: string): Promise<void> {
    this.#assertUsable();
    this.#check.assert(frame);
    if (task === "") throw new Error("a frame needs the text of its task");
    if (this.#buffer.length === 0) await makeFolder(join(this.root, WORK_FOLDER, "episode"));
    let taskIndex = this.#tasks.indexOf(task);
    if (taskIndex === -1) taskIndex = this.#tasks.push(task) - 1;
    this.#buffer.add(frame, taskIndex);
    try {
      for (const [key, track] of this.#dataset.tracks) await track.add(frame[key] as Uint8Array);
    } catch (cause) {
      // The cameras may disagree with the table now: this episode can only be discarded.
      this.#spoiled = new Error(`the episode cannot be recorded (${(cause as Error).message}); discard it`, { cause });
      throw this.#spoiled;
    }
  }

  /**
   * Saves the current episode. If this fails nothing on disk has changed and the episode is kept: save again, or discard it.
   *
   * @param start Start of the episode, if known: needed to replay it.
   */
  async saveEpisode({ start }: SaveEpisodeOptions = {}): Promise<EpisodeRecord> {
    this.#assertUsable();
    if (start) assertEpisodeStart(start);
    if (this.#buffer.length === 0) throw new Error("the episode has no frames to save");
    await this.#commit.begin();
    const { record, accept } = await this.#dataset.stage(this.#commit, this.#buffer, this.#tasks, start);
    await this.#commit.apply().catch((error: Error) => {
      if (error instanceof InterruptedCommitError) this.#interrupted = error;
      throw error;
    });
    accept();
    await this.discardEpisode();
    return record;
  }

  /** Drops the current episode. */
  async discardEpisode(): Promise<void> {
    for (const track of this.#dataset.tracks.values()) await track.clear();
    await rm(join(this.root, WORK_FOLDER, "episode"), { recursive: true, force: true });
    this.#tasks.length = this.info.total_tasks;
    this.#buffer = new EpisodeBuffer(this.info.features, this.info.fps);
    this.#spoiled = undefined;
  }

  /** Ends writing. @throws Error if an episode is neither saved nor discarded, so that none is lost by accident. */
  async close(): Promise<void> {
    if (this.#buffer.length > 0) {
      throw new Error(`an episode of ${this.#buffer.length} frames is neither saved nor discarded`);
    }
    await this.#commit.flush();
    await this.#lock.releaseAndClear();
  }

  #assertUsable(): void {
    const problem = this.#interrupted ?? this.#spoiled;
    if (problem) throw problem;
  }
}

async function acquireLock(root: string): Promise<WriterLock> {
  await forWriting(root, `${WORK_FOLDER}/lock`);
  return await WriterLock.acquire(root);
}

/** Files that recording writes, independent of the dataset's own templates. */
function isRecordedFile(path: string): boolean {
  const isHidden = path.split("/").some((part) => part.startsWith("."));
  const isJson = [INFO_PATH, STATS_PATH, EPISODE_STARTS_PATH].includes(path);
  return !isHidden && (isJson || /\.(parquet|mp4)$/.test(path));
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
        root,
        key,
        backend,
        codec,
        start: start(key),
        feature: info.features[key]!,
        fps: info.fps,
        videoPath: info.video_path ?? DEFAULT_VIDEO_PATH,
        chunksSize: info.chunks_size,
        fileSizeLimitMib: info.video_files_size_in_mb,
      }),
    ]),
  );
}

async function lastEpisodesFile(root: string): Promise<FilePosition | undefined> {
  const last = (await listChunkFiles(root, "meta/episodes")).at(-1);
  const [chunk, file] = last?.match(/\d+/g)?.map(Number) ?? [];
  return chunk === undefined || file === undefined ? undefined : { chunk, file };
}
