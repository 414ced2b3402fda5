/** Checks that the run's folder fits the config, is writable and has enough space. */
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CheckpointStore } from "../../../learning/checkpoints/checkpoint_store.ts";
import { withRunToResume } from "../../../learning/run_folder/newest_run.ts";
import { assertResumable } from "../../../learning/run_folder/resumable.ts";
import { CHECKPOINTS, OUTPUTS } from "../../../learning/run_folder/run_layout.ts";
import type { TrainRLServerPipelineConfig } from "../../../settings/config.ts";
import { type Check, error, type Finding, ok, warning } from "../check.ts";
import type { SetupContext } from "../setup_context.ts";
import { gibibytes, replayBytes } from "./memory.ts";

export const outputFolderCheck: Check = {
  name: "output folder",
  async run(setup) {
    let config: TrainRLServerPipelineConfig;
    try {
      config = await withRunToResume(setup.config);
    } catch (cause) {
      return [error((cause as Error).message)];
    }
    const { output_dir } = config;
    const folder = resolve(output_dir ?? OUTPUTS);
    const findings = [
      ...(output_dir === null ? [] : await earlierRun(folder, config)),
      ...(await writable(folder)),
      ...(await room(folder, setup)),
    ];
    return findings.length > 0 ? findings : [ok(`${folder} can be written`)];
  },
};

async function earlierRun(folder: string, config: TrainRLServerPipelineConfig): Promise<Finding[]> {
  const { resume } = config;
  const store = new CheckpointStore(join(folder, CHECKPOINTS), { onlineSteps: 1 });
  const latest = await store.latest();
  if (resume && latest === undefined) {
    const todo = "Correct output_dir, or set resume to false.";
    return [
      error(`resume is true, but ${store.folder} has no checkpoint`, {
        why: "Training never silently starts over.",
        todo,
      }),
    ];
  }
  if (!resume && latest !== undefined) {
    const todo = "Set resume to true to continue it, or choose another output_dir.";
    return [error(`${folder} already holds a run: ${latest}`, { why: "A new run would be mixed with it.", todo })];
  }
  if (latest === undefined) return [];
  try {
    const changes = assertResumable(await store.trainConfig(latest), config, latest);
    return [ok(`resumes from ${latest}`), ...changes.map((change) => ok(change))];
  } catch (cause) {
    return [error((cause as Error).message)];
  }
}

async function writable(folder: string): Promise<Finding[]> {
  const place = await nearestExisting(folder);
  const failure = await access(place, constants.W_OK).then(
    () => undefined,
    (cause: NodeJS.ErrnoException) => cause,
  );
  return failure === undefined
    ? []
    : [error(`${place} cannot be written (${failure.code})`, { todo: "Choose another output_dir." })];
}

/** Consecutive checkpoints share most of their replay blocks. During a save, parts of both exist. */
const REPLAY_COPIES = 1.5;

async function room(folder: string, setup: SetupContext): Promise<Finding[]> {
  // Without actors, checkpoints hold no replay buffers.
  if (!setup.config.save_checkpoint || setup.isOffline) return [];
  const { bavail, bsize } = await statfs(await nearestExisting(folder));
  const free = bavail * bsize;
  const needed = REPLAY_COPIES * replayBytes(setup).minimum;
  if (free >= needed) return [];
  return [
    warning(`${folder} has ${gibibytes(free)} free; checkpoints of full buffers take about ${gibibytes(needed)}`, {
      why: "A checkpoint that does not fit is not saved.",
      todo: "Free some space, lower the buffers' capacities, or choose another output_dir.",
    }),
  ];
}

async function nearestExisting(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => undefined);
  return there !== undefined || dirname(folder) === folder ? folder : await nearestExisting(dirname(folder));
}
