/** Where a run lives on the disk, and whether a learner may begin or go on there. Nothing is ever silently started over. */
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomic } from "../../utils/write_file_atomic.ts";
import { CheckpointStore } from "../checkpoints/checkpoint_store.ts";
import { CheckpointError, TRAIN_CONFIG_FILE } from "../checkpoints/layout.ts";
import type { TrainRLServerPipelineConfig } from "../config.ts";
import { gaussianActorConfigOf } from "../policy_config.ts";

const CHECKPOINTS = "checkpoints";

export interface RunFolder {
  /** Absolute. */
  readonly path: string;
  /** The checkpoint that the run goes on from; null at its beginning. */
  readonly resumeFrom: string | null;
}

/**
 * Checks `output_dir` against `resume`, and writes the resolved `train_config.json`.
 *
 * @throws Error when a new run would be mixed with one that is there already; CheckpointError when there is nothing to
 * resume.
 */
export async function openRunFolder(config: TrainRLServerPipelineConfig): Promise<RunFolder> {
  if (config.output_dir === null) {
    throw new Error(
      "output_dir is null: a learner needs a folder for its checkpoints, such as outputs/train/pick_cube",
    );
  }
  const path = resolve(config.output_dir);
  const resumeFrom = config.resume ? await checkpointToResume(path, config) : null;
  if (!config.resume) await assertUnused(path);
  await mkdir(path, { recursive: true });
  await writeFileAtomic(join(path, TRAIN_CONFIG_FILE), `${JSON.stringify(config, undefined, 4)}\n`);
  return { path, resumeFrom };
}

/** The config with an `output_dir`: LeRobot's `outputs/train/<date>/<time>_<job>` where it has none. */
export function withOutputFolder(config: TrainRLServerPipelineConfig, now = new Date()): TrainRLServerPipelineConfig {
  if (config.output_dir !== null) return config;
  const two = (value: number) => String(value).padStart(2, "0");
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(two).join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("-");
  const job = config.job_name ?? [config.env?.type, config.policy.type].filter(Boolean).join("_");
  return { ...config, output_dir: join("outputs", "train", date, `${time}_${job}`) };
}

export function checkpointStoreOf(folder: string, config: TrainRLServerPipelineConfig): CheckpointStore {
  const { keep_checkpoints } = config.handrail;
  return new CheckpointStore(join(folder, CHECKPOINTS), {
    onlineSteps: gaussianActorConfigOf(config).online_steps,
    ...(keep_checkpoints === null ? {} : { keepLast: keep_checkpoints }),
  });
}

async function checkpointToResume(path: string, config: TrainRLServerPipelineConfig): Promise<string> {
  const store = checkpointStoreOf(path, config);
  const latest = await store.latest();
  if (latest !== undefined) return latest;
  throw new CheckpointError(
    `resume is true, but there is no checkpoint in ${store.folder}: check output_dir, or set resume=false to begin a ` +
      "new run",
  );
}

async function assertUnused(path: string): Promise<void> {
  const checkpoints = await readdir(join(path, CHECKPOINTS)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (checkpoints === undefined || checkpoints.length === 0) return;
  throw new Error(
    `${path} already holds a run with checkpoints: set resume=true to go on with it, or choose another output_dir for a ` +
      "new run",
  );
}
