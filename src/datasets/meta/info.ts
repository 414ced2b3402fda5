/** `meta/info.json`: the schema, the counters and the path templates of a dataset. */
import { stat } from "node:fs/promises";
import { z } from "zod";
import { parseJson } from "../../config/json.ts";
import { readTextFile } from "../../utils/files/text_file.ts";
import { DatasetError } from "../errors.ts";
import { locateFile } from "../reading/locate_file.ts";
import { cameraKeys, featureSchema } from "../schema/features.ts";
import { DEFAULT_DATA_PATH, DEFAULT_VIDEO_PATH, describeUnsafeTemplate, INFO_PATH } from "./paths.ts";

export const CODEBASE_VERSION = "v3.0";

/** A typical file has some 10 kB. */
const MAX_INFO_BYTES = 4 * 2 ** 20;

const count = z.number().int().nonnegative();

const infoSchema = z.looseObject({
  codebase_version: z.string(),
  fps: z.number().int().positive(),
  features: z.record(z.string(), featureSchema),
  total_episodes: count.default(0),
  total_frames: count.default(0),
  total_tasks: count.default(0),
  /** Files per chunk folder. */
  chunks_size: z.number().int().positive().default(1000),
  /** Size limits in MiB. */
  data_files_size_in_mb: z.number().positive().default(100),
  video_files_size_in_mb: z.number().positive().default(200),
  data_path: z.string().default(DEFAULT_DATA_PATH),
  video_path: z.string().nullable().default(DEFAULT_VIDEO_PATH),
  robot_type: z.string().nullable().default(null),
  splits: z.record(z.string(), z.string()).default({}),
});
export type DatasetInfo = z.infer<typeof infoSchema>;

/** @throws DatasetError naming the field if the text is not a v3 `info.json`. */
export function parseInfo(text: string): DatasetInfo {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    throw new DatasetError({ file: INFO_PATH }, `not valid JSON: ${(cause as Error).message}`, { cause });
  }
  const version = (json as { codebase_version?: unknown } | null)?.codebase_version;
  const major = typeof version === "string" ? Number(/^v?(\d+)/.exec(version)?.[1]) : 3;
  if (major !== 3) {
    const advice =
      major < 3
        ? "convert it with LeRobot's `python -m lerobot.scripts.convert_dataset_v21_to_v30`" +
          (version === "v2.1" || version === "2.1" ? "" : ", to v2.1 first")
        : "use a newer Handrail, or record it again with a LeRobot that writes v3.0";
    const field = { file: INFO_PATH, field: "codebase_version" };
    throw new DatasetError(field, `this is a ${version} dataset and only v3 is read; ${advice}`);
  }
  const named = (json as { features?: object | null } | null)?.features ?? {};
  for (const key of Object.keys(named)) {
    // Names of Object.prototype would be found where they do not exist.
    if (key in {}) throw new DatasetError({ file: INFO_PATH, field: "features" }, `no feature can be named "${key}"`);
  }
  const parsed = infoSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new DatasetError({ file: INFO_PATH, field: issue.path.join(".") }, issue.message);
  }
  assertPathsInside(parsed.data);
  return parsed.data;
}

/** File templates come from an untrusted file: none may lead out of the dataset. */
function assertPathsInside({ data_path, video_path, features }: DatasetInfo): void {
  const problem = describeUnsafeTemplate(data_path);
  if (problem) throw new DatasetError({ file: INFO_PATH, field: "data_path" }, problem);
  for (const key of cameraKeys(features, "video")) {
    const unsafe = describeUnsafeTemplate(video_path ?? DEFAULT_VIDEO_PATH, key);
    if (unsafe) throw new DatasetError({ file: INFO_PATH, field: "video_path" }, unsafe);
  }
}

/** Whether the folder holds a dataset, complete or not. */
export async function holdsDataset(root: string): Promise<boolean> {
  const path = await locateFile(root, INFO_PATH).catch(() => undefined);
  return path !== undefined && (await stat(path).catch(() => undefined)) !== undefined;
}

/** @throws DatasetError if the folder holds no dataset or an unreadable one. */
export async function readInfo(root: string): Promise<DatasetInfo> {
  const folder = await stat(root).catch(() => undefined);
  if (!folder) throw new DatasetError({ file: root }, "the folder does not exist");
  if (!folder.isDirectory()) throw new DatasetError({ file: root }, "is a file, not the folder of a dataset");
  const path = await locateFile(root, INFO_PATH);
  let text: string;
  try {
    text = await readTextFile(path, MAX_INFO_BYTES);
  } catch (cause) {
    const { cause: reason, message } = cause as Error;
    const missing = (reason as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
    const problem = missing ? `not found in "${root}": this folder is not a LeRobotDataset` : message;
    throw new DatasetError({ file: INFO_PATH }, problem, { cause });
  }
  return parseInfo(text);
}

export const serialiseInfo = (info: DatasetInfo): string => JSON.stringify(info, null, 4);
