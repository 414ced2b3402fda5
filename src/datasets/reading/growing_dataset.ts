/** The files of a dataset that grows by an episode at a time: the target file of an episode, and the changes it causes. */
import { join } from "node:path";
import {
  type EpisodeStarts,
  type SeededStart,
  serialiseEpisodeStarts,
  withEpisodeStart,
} from "../meta/episode_starts.ts";
import {
  type EpisodeRecord,
  type EpisodeRow,
  episodeColumns,
  episodesSchema,
  type VideoSegment,
} from "../meta/episodes.ts";
import { type DatasetInfo, serialiseInfo } from "../meta/info.ts";
import {
  EPISODE_STARTS_PATH,
  EPISODES_PATH,
  type FilePosition,
  filePath,
  INFO_PATH,
  nextFile,
  STATS_PATH,
  TASKS_PATH,
} from "../meta/paths.ts";
import { encodeTasks } from "../meta/tasks.ts";
import { ParquetAppender } from "../parquet/parquet_appender.ts";
import { dataSchema } from "../parquet/parquet_schema.ts";
import type { Column } from "../schema/columns.ts";
import { dataColumns } from "../schema/data_columns.ts";
import { tableStatistics } from "../statistics/episode_statistics.ts";
import { type DatasetStatistics, mergeDatasetStatistics } from "../statistics/feature_statistics.ts";
import { serialiseStatistics } from "../statistics/stats_file.ts";
import type { VideoCodec } from "../video/backend.ts";
import { type VideoTrack, videoInfo } from "../video/video_track.ts";
import type { Commit } from "../writing/commit.ts";
import type { EpisodeBuffer } from "../writing/frame_input.ts";

const MIB = 2 ** 20;
/** Rows of `meta/episodes` that are encoded again with every episode, until they form their own row group. */
const EPISODES_PER_ROW_GROUP = 10;

export interface GrowingDatasetState {
  readonly root: string;
  readonly info: DatasetInfo;
  readonly statistics: DatasetStatistics | undefined;
  readonly starts: EpisodeStarts | undefined;
  /** The files started by the next episode; they must not exist yet. */
  readonly files: { readonly data: FilePosition; readonly episodes: FilePosition };
  readonly tracks: ReadonlyMap<string, VideoTrack>;
  readonly videoCodec: VideoCodec;
}

export interface StagedEpisode {
  readonly record: EpisodeRecord;
  readonly accept: () => void;
}

export class GrowingDataset {
  readonly tracks: ReadonlyMap<string, VideoTrack>;
  readonly #root: string;
  readonly #videoCodec: VideoCodec;
  #info: DatasetInfo;
  #statistics: DatasetStatistics | undefined;
  #starts: EpisodeStarts | undefined;
  #data: { position: FilePosition; appender: ParquetAppender };
  #episodes: { position: FilePosition; appender: ParquetAppender; openRows: EpisodeRow[] };

  constructor({ root, info, statistics, starts, files, tracks, videoCodec }: GrowingDatasetState) {
    this.#root = root;
    this.#info = info;
    this.#statistics = statistics;
    this.#starts = starts;
    this.tracks = tracks;
    this.#videoCodec = videoCodec;
    this.#data = { position: files.data, appender: this.#dataAppender(files.data) };
    const appender = this.#episodesAppender(files.episodes);
    this.#episodes = { position: files.episodes, appender, openRows: [] };
  }

  get info(): DatasetInfo {
    return this.#info;
  }

  /**
   * Stages every file that changes with one more episode.
   * @param tasks All task texts by index, those of this episode included.
   * @param start Start of the episode, if known.
   * @returns the episode, and a function to call once the change is committed.
   */
  async stage(
    commit: Commit,
    buffer: EpisodeBuffer,
    tasks: readonly string[],
    start?: SeededStart,
  ): Promise<StagedEpisode> {
    const { info } = this;
    const { length } = buffer;
    const accept: (() => void)[] = [];
    const table = buffer.table(info.total_episodes, info.total_frames);
    const episodeTasks = [...new Set(taskIndices(table.columns.task_index!, length))].map((index) => tasks[index]!);
    if (tasks.length > info.total_tasks) await commit.stageContent(TASKS_PATH, encodeTasks(tasks));

    const data = this.#fits(this.#data.appender, length, info.data_files_size_in_mb) ? this.#data : this.#nextData();
    const dataPath = filePath(info.data_path, data.position);
    const rows = dataColumns(table, info.features);
    accept.push(await commit.stage(dataPath, (staged) => data.appender.append(staged, rows)));
    accept.push(() => {
      this.#data = data;
    });

    const segments: Record<string, VideoSegment> = {};
    const features = { ...info.features };
    const statistics = { ...tableStatistics(table), ...buffer.imageStatistics() };
    for (const [key, track] of this.tracks) {
      const staged = await track.stage(commit, length);
      segments[key] = staged.segment;
      statistics[key] = staged.statistics;
      accept.push(staged.accept);
      if (info.total_episodes > 0) continue;
      const encoding = videoInfo(staged.probe, this.#videoCodec, "handrail");
      features[key] = { ...features[key]!, info: { ...features[key]!.info, ...encoding } };
    }

    const record: EpisodeRecord = {
      episodeIndex: info.total_episodes,
      tasks: episodeTasks,
      length,
      data: data.position,
      videos: segments,
      fromIndex: info.total_frames,
      toIndex: info.total_frames + length,
    };
    accept.push(await this.#stageRow(commit, { ...record, statistics, meta: this.#episodes.position }));

    const nextInfo: DatasetInfo = {
      ...info,
      features,
      total_episodes: info.total_episodes + 1,
      total_frames: record.toIndex,
      total_tasks: tasks.length,
      splits: { ...info.splits, train: `0:${info.total_episodes + 1}` },
    };
    const nextStatistics = mergeDatasetStatistics(this.#statistics, statistics);
    await commit.stageContent(INFO_PATH, serialiseInfo(nextInfo));
    await commit.stageContent(STATS_PATH, serialiseStatistics(nextStatistics, features));
    const nextStarts = withEpisodeStart(this.#starts, info.total_episodes, start);
    if (nextStarts) await commit.stageContent(EPISODE_STARTS_PATH, serialiseEpisodeStarts(nextStarts));
    accept.push(() => {
      this.#info = nextInfo;
      this.#starts = nextStarts;
      this.#statistics = nextStatistics;
    });
    return { record, accept: () => accept.forEach((update) => void update()) };
  }

  async #stageRow(commit: Commit, row: EpisodeRow): Promise<() => void> {
    const { info } = this;
    let { position, appender, openRows } = this.#episodes;
    if (!this.#fits(appender, 1, info.data_files_size_in_mb)) {
      position = nextFile(position, info.chunks_size);
      appender = this.#episodesAppender(position);
      openRows = [];
    }
    const rows = [...openRows, { ...row, meta: position }];
    const seal = rows.length >= EPISODES_PER_ROW_GROUP;
    const columns = episodeColumns(rows, info.features, [...this.tracks.keys()]);
    const path = filePath(EPISODES_PATH, position);
    const appended = await commit.stage(path, (staged) => appender.append(staged, columns, { seal }));
    return () => {
      appended();
      this.#episodes = { position, appender, openRows: seal ? [] : rows };
    };
  }

  /** Whether `rows` more rows stay below the size limit, assuming the average size of those in the file. */
  #fits({ size, rows: present }: ParquetAppender, rows: number, limitMib: number): boolean {
    return present === 0 || (size / MIB) * (1 + rows / present) < limitMib;
  }

  #nextData() {
    const position = nextFile(this.#data.position, this.#info.chunks_size);
    return { position, appender: this.#dataAppender(position) };
  }

  #dataAppender(position: FilePosition): ParquetAppender {
    const path = join(this.#root, filePath(this.#info.data_path, position));
    return new ParquetAppender({ path, schema: dataSchema(this.#info.features) });
  }

  #episodesAppender(position: FilePosition): ParquetAppender {
    const schema = episodesSchema(this.#info.features, [...this.tracks.keys()]);
    return new ParquetAppender({ path: join(this.#root, filePath(EPISODES_PATH, position)), schema });
  }
}

function* taskIndices(column: Column, length: number): Generator<number> {
  if (column.kind !== "numeric") throw new TypeError("task_index is numeric");
  for (let row = 0; row < length; row++) yield column.data[row]!;
}
