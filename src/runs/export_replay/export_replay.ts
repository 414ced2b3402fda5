/** Exports a run's replay buffer as a dataset, to inspect, share or train on. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import type { VideoCodec } from "../../datasets/video/backend.ts";
import { DatasetWriter } from "../../datasets/writing/dataset_writer.ts";
import { writeTransitions } from "../../datasets/writing/write_transitions.ts";
import { CheckpointStore } from "../../learning/checkpoints/checkpoint_store.ts";
import { CheckpointError, PRETRAINED_MODEL, REPLAY, TRAIN_CONFIG_FILE } from "../../learning/checkpoints/layout.ts";
import { findDamage, MANIFEST_FILE, readManifest } from "../../learning/checkpoints/manifest.ts";
import { ReplayArchive } from "../../replay/replay_archive.ts";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { Transition } from "../../replay/transition.ts";
import { datasetFeatures, taskText } from "../../rollout/recording/recording.ts";
import { TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import { trajectoriesOf } from "./trajectories.ts";

export interface ExportReplayOptions {
  /** Folder of the dataset; it must be empty or not exist. */
  readonly root: string;
  /** The buffer's name in the checkpoint: `online`, or `offline` for demonstrations and interventions. */
  readonly buffer?: string;
  /** `"image"`, the default, is lossless; video is smaller. */
  readonly cameras?: "image" | "video";
  readonly videoCodec?: VideoCodec;
  /** The task in words. Default: the task of the run's environment. */
  readonly task?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ExportedReplay {
  readonly checkpoint: string;
  readonly transitions: number;
  readonly episodes: number;
  /**
   * Episodes whose last transition does not terminate. The format stores no next observation for it, so readers skip it.
   */
  readonly cutShort: number;
}

/**
 * Writes whole episodes, even if the steps of several actors alternate in the buffer.
 *
 * @param run A checkpoint's folder, or a run's, for its last checkpoint.
 * @throws CheckpointError if there is no checkpoint, it lacks the buffer or is damaged; Error for a folder in use.
 */
export async function exportReplay(run: string, options: ExportReplayOptions): Promise<ExportedReplay> {
  const { root, buffer: name = "online", cameras = "image", videoCodec } = options;
  const checkpoint = await findCheckpoint(run);
  const buffer = await loadBuffer(checkpoint, name);
  const configFile = join(checkpoint, PRETRAINED_MODEL, TRAIN_CONFIG_FILE);
  const settings = envSettingsOf(await loadConfig(TrainRLServerPipelineConfigSchema, configFile));
  const { fps, task, elementNames } = settings;
  const writer = await DatasetWriter.create({
    root,
    fps: Math.round(fps),
    features: datasetFeatures(buffer.features, cameras, elementNames),
    flush: "close",
    ...(videoCodec && { videoCodec }),
    ...(task !== null && { robotType: task }),
  });
  const trajectories = trajectoriesOf(buffer);
  const text = options.task ?? taskText(settings);
  try {
    const counts = await writeTransitions(writer, inOrder(buffer, trajectories, options.onProgress), text);
    const ends = trajectories.map((trajectory) => buffer.at(trajectory.at(-1)!));
    return { checkpoint, ...counts, cutShort: ends.filter(({ terminated }) => !terminated).length };
  } catch (error) {
    await writer.discardEpisode();
    throw error;
  } finally {
    await writer.close();
  }
}

function* inOrder(
  buffer: ReplayBuffer,
  trajectories: readonly (readonly number[])[],
  onProgress: ExportReplayOptions["onProgress"],
): Generator<Transition> {
  let done = 0;
  for (const index of trajectories.flat()) {
    yield buffer.at(index);
    onProgress?.(++done, buffer.size);
  }
}

async function findCheckpoint(path: string): Promise<string> {
  if (await exists(join(path, MANIFEST_FILE))) return path;
  for (const folder of [join(path, "checkpoints"), path]) {
    const latest = await new CheckpointStore(folder, { onlineSteps: 1 }).latest();
    if (latest !== undefined) return latest;
  }
  throw new CheckpointError(`there is no checkpoint in "${path}": name a run's folder, or one of its checkpoints`);
}

async function loadBuffer(checkpoint: string, name: string): Promise<ReplayBuffer> {
  const manifest = await readManifest(checkpoint);
  if (!manifest.buffers.includes(name)) {
    const known = manifest.buffers.join(", ") || "none";
    throw new CheckpointError(`${checkpoint} has no buffer "${name}"; it has: ${known}`);
  }
  const damage = await findDamage(checkpoint, manifest.files);
  if (damage.length > 0) throw new CheckpointError(damage.join("\n"));
  const buffer = await new ReplayArchive(join(checkpoint, REPLAY, name)).load();
  if (buffer.size === 0) throw new CheckpointError(`the buffer "${name}" in ${checkpoint} is empty`);
  if (!buffer.holdsImages) {
    throw new CheckpointError(
      `the buffer "${name}" in ${checkpoint} has no images: they were dropped once their features were stored. ` +
        "Train with handrail.image_features.keep_images=true to export a run's buffers",
    );
  }
  return buffer;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
