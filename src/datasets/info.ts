/** `meta/info.json`: the schema, the counters and the path templates of a dataset. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DatasetError } from "./errors.ts";
import { featureSchema } from "./features.ts";
import { DEFAULT_DATA_PATH, DEFAULT_VIDEO_PATH, INFO_PATH } from "./paths.ts";

export const CODEBASE_VERSION = "v3.0";

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

/** @throws DatasetError naming the field when the text is not a v3 `info.json`. */
export function parseInfo(text: string): DatasetInfo {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DatasetError({ file: INFO_PATH }, "not JSON", { cause });
  }
  const version = (json as { codebase_version?: unknown } | null)?.codebase_version;
  if (typeof version === "string" && Number(/^v?(\d+)/.exec(version)?.[1]) !== 3) {
    throw new DatasetError(
      { file: INFO_PATH, field: "codebase_version" },
      `this is a ${version} dataset and only v3 is read; convert it with LeRobot's ` +
        "`python -m lerobot.scripts.convert_dataset_v21_to_v30`",
    );
  }
  const parsed = infoSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new DatasetError({ file: INFO_PATH, field: issue.path.join(".") }, issue.message);
  }
  return parsed.data;
}

/** @throws DatasetError when the folder holds no dataset or an unreadable one. */
export async function readInfo(root: string): Promise<DatasetInfo> {
  let text: string;
  try {
    text = await readFile(join(root, INFO_PATH), "utf8");
  } catch (cause) {
    throw new DatasetError({ file: INFO_PATH }, `not found in "${root}": this folder is not a LeRobotDataset`, {
      cause,
    });
  }
  return parseInfo(text);
}

export const serialiseInfo = (info: DatasetInfo): string => JSON.stringify(info, null, 4);
