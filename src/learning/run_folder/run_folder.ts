/** A run's folder: checks whether a learner may begin or resume there. A run is never silently started over. */
import { rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { runSettingsOf } from "../../settings/run_settings.ts";
import { FileLock } from "../../utils/files/file_lock.ts";
import { fileNameOf } from "../../utils/files/file_name.ts";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { CheckpointStore } from "../checkpoints/checkpoint_store.ts";
import { CheckpointError, TRAIN_CONFIG_FILE } from "../checkpoints/layout.ts";
import { assertResumable } from "./resumable.ts";
import { CHECKPOINTS, jobOf, LOCK_FILE, TRAIN_OUTPUTS } from "./run_layout.ts";

export interface RunFolder {
  /** Absolute. */
  readonly path: string;
  /** The checkpoint that the run resumes from; null for a new run. */
  readonly resumeFrom: string | null;
}

/** A run's folder, locked against other learners until it is released. */
export interface OpenRunFolder extends RunFolder {
  /** Writes the resolved `train_config.json`: once everything is checked, and before anything else of the run is written. */
  begin(): Promise<void>;
  /** Unlocks the folder; calling it again does nothing. Folders made for a run that never began are removed. */
  release(): Promise<void>;
}

/**
 * Checks `output_dir` against `resume` and locks it. No file of an existing run changes before `begin`.
 *
 * @throws Error when a new run would be mixed with an existing one; CheckpointError when there is nothing to resume; Error
 * for a config that does not fit the existing run; LockedError when another process trains there.
 */
export async function openRunFolder(config: TrainRLServerPipelineConfig): Promise<OpenRunFolder> {
  if (config.output_dir === null) {
    throw new Error(
      "output_dir is null: a learner needs a folder for its checkpoints, such as outputs/train/pick_cube",
    );
  }
  const path = resolve(config.output_dir);
  const begins = async () =>
    config.resume ? await checkpointToResume(path, config) : await assertUnused(path, config);
  await begins();
  const firstMade = await makeFolder(path);
  const lock = await FileLock.acquire(join(path, LOCK_FILE), {
    subject: `the run in ${path}`,
    remedy: "Stop that one first, or choose another output_dir.",
  });
  const release = async () => {
    lock.release();
    if (firstMade !== undefined) await removeEmpty(path, dirname(firstMade));
  };
  try {
    // Once more: the previous holder of the lock may have saved meanwhile.
    const resumeFrom = await begins();
    const content = `${JSON.stringify(config, undefined, 4)}\n`;
    return { path, resumeFrom, release, begin: () => writeFileAtomic(join(path, TRAIN_CONFIG_FILE), content) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The config with an `output_dir`: LeRobot's `outputs/train/<date>/<time>_<job>` where it has none. */
export function withOutputFolder(config: TrainRLServerPipelineConfig, now = new Date()): TrainRLServerPipelineConfig {
  if (config.output_dir !== null) return config;
  const two = (value: number) => String(value).padStart(2, "0");
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(two).join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("-");
  return { ...config, output_dir: join(TRAIN_OUTPUTS, date, `${time}_${folderNameOf(config)}`) };
}

function folderNameOf(config: TrainRLServerPipelineConfig): string {
  try {
    return fileNameOf(jobOf(config));
  } catch (cause) {
    throw new Error(`job_name: ${(cause as Error).message}`, { cause });
  }
}

export function checkpointStoreOf(folder: string, config: TrainRLServerPipelineConfig): CheckpointStore {
  const { keep_checkpoints } = config.handrail;
  return new CheckpointStore(join(folder, CHECKPOINTS), {
    onlineSteps: runSettingsOf(config).onlineSteps,
    ...(keep_checkpoints === null ? {} : { keepLast: keep_checkpoints }),
  });
}

async function checkpointToResume(path: string, config: TrainRLServerPipelineConfig): Promise<string> {
  const store = checkpointStoreOf(path, config);
  const latest = await store.latest();
  if (latest !== undefined) {
    assertResumable(await store.trainConfig(latest), config, latest);
    return latest;
  }
  const damaged = await store.entries();
  const what = damaged.length === 0 ? "no checkpoint" : `no whole checkpoint (of ${damaged.join(", ")})`;
  throw new CheckpointError(
    `resume is true, but there is ${what} in ${store.folder}: check output_dir, or set resume=false ${
      damaged.length === 0 ? "" : "and another output_dir "
    }to begin a new run`,
  );
}

/** The remains of a kill during the very first save are not a run. */
async function assertUnused(path: string, config: TrainRLServerPipelineConfig): Promise<null> {
  if ((await checkpointStoreOf(path, config).entries()).length === 0) return null;
  throw new Error(
    `${path} already holds a run with checkpoints: set resume=true to go on with it, or choose another output_dir for a ` +
      "new run",
  );
}

/** From `path` upwards, as long as folders are empty, to below `end`. */
async function removeEmpty(path: string, end: string): Promise<void> {
  for (let folder = path; folder !== end && folder !== dirname(folder); folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
