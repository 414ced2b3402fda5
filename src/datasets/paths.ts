/** Where the files of a dataset are: Python-style path templates and the rule that numbers the next file. */

/** Position of a file: `chunk-<chunk>/file-<file>`. */
export interface FilePosition {
  readonly chunk: number;
  readonly file: number;
}

export const FIRST_FILE: FilePosition = { chunk: 0, file: 0 };

export const DEFAULT_DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet";
export const DEFAULT_VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4";
export const EPISODES_PATH = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet";
export const TASKS_PATH = "meta/tasks.parquet";
export const INFO_PATH = "meta/info.json";
export const STATS_PATH = "meta/stats.json";

/** Fills `{name}` and `{name:0Nd}` fields. @throws Error for a field it has no value for. */
export function formatPath(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)(?::0?(\d+)d)?\}/g, (_, name: string, digits: string | undefined) => {
    const value = values[name];
    if (value === undefined) throw new Error(`path template "${template}" needs "${name}"`);
    return digits === undefined ? String(value) : String(value).padStart(Number(digits), "0");
  });
}

export function filePath(template: string, position: FilePosition, videoKey = ""): string {
  return formatPath(template, { chunk_index: position.chunk, file_index: position.file, video_key: videoKey });
}

export function nextFile({ chunk, file }: FilePosition, chunksSize: number): FilePosition {
  return file >= chunksSize - 1 ? { chunk: chunk + 1, file: 0 } : { chunk, file: file + 1 };
}
