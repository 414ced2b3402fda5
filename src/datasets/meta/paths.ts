/** Locations of a dataset's files: Python-style path templates, and the numbering of files. */
import { describeUnsafePath } from "../../utils/files/confined_path.ts";

/** Number of a file: `chunk-<chunk>/file-<file>`. */
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
export const EPISODE_STARTS_PATH = "meta/episode_starts.json";
export const SUCCESS_LABELS_PATH = "meta/success_labels.json";

/** `{name}` and `{name:0Nd}`, with at most 99 digits. */
const FIELD = /\{(\w+)(?::0?(\d{1,2})d)?\}/g;

/** Fills `{name}` and `{name:0Nd}` fields. @throws Error for an unknown field or another form. */
export function formatPath(template: string, values: Readonly<Record<string, string | number>>): string {
  const strange = /[{}]/.exec(template.replaceAll(FIELD, ""));
  if (strange) throw new Error(`path template "${template}" has fields of another form than {name} and {name:03d}`);
  return template.replaceAll(FIELD, (_, name: string, digits: string | undefined) => {
    if (!Object.hasOwn(values, name)) throw new Error(`path template "${template}" needs "${name}"`);
    const value = String(values[name]);
    return digits === undefined ? value : value.padStart(Number(digits), "0");
  });
}

/** The problem with a path template; undefined if it is safe. */
export function describeUnsafeTemplate(template: string, videoKey = ""): string | undefined {
  let path: string;
  try {
    path = filePath(template, FIRST_FILE, videoKey);
  } catch (error) {
    return (error as Error).message;
  }
  const unsafe = describeUnsafePath(path);
  if (unsafe) return `leads out of the dataset: "${path.slice(0, 200)}" ${unsafe}`;
  if (path.split("/").some((part) => part.startsWith("."))) return `leads to a hidden file, "${path}"`;
  return undefined;
}

export function filePath(template: string, position: FilePosition, videoKey = ""): string {
  return formatPath(template, { chunk_index: position.chunk, file_index: position.file, video_key: videoKey });
}

export function nextFile({ chunk, file }: FilePosition, chunksSize: number): FilePosition {
  return file >= chunksSize - 1 ? { chunk: chunk + 1, file: 0 } : { chunk, file: file + 1 };
}
