/** Everything a learner trains, as a config describes it, before the first update. */
import { randomInt } from "node:crypto";
import { makeAlgorithm } from "../../algorithms/registry.ts";
import type { Policy } from "../../policies/policy.ts";
import { loadPretrainedPolicy, makePolicy, makePrePostProcessors } from "../../policies/registry.ts";
import { isImage } from "../../replay/features.ts";
import { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { replayFeaturesOf } from "../../settings/replay_features.ts";
import { runSettingsOf } from "../../settings/run_settings.ts";
import { Random } from "../../tensor/random.ts";
import type { TrainingCheckpoint } from "../checkpoints/contents.ts";
import { algorithmOptions, compileOptions } from "../compilation/compile_options.ts";
import { imageEncodingOf } from "../image_features/image_features.ts";

/** DrQ's augmentation (Kostrikov et al. 2021): sampled images are shifted by up to this many pixels. */
const RANDOM_SHIFT_PIXELS = 4;

export interface LearnerBuffers extends Record<string, ReplayBuffer> {
  readonly online: ReplayBuffer;
  readonly offline: ReplayBuffer;
}

export interface NewRunOptions {
  readonly config: TrainRLServerPipelineConfig;
  /** Draws everything that is random in the run; `seededRandom` makes it. */
  readonly random: Random;
  readonly warn: (message: string) => void;
  /** Called with what the training steps run on. */
  readonly onEngine?: ((message: string) => void) | undefined;
}

export function seededRandom({ seed }: Pick<TrainRLServerPipelineConfig, "seed">): Random {
  return new Random(seed ?? randomInt(2 ** 47));
}

/**
 * What a run without actors is at its beginning: initial or pretrained weights. It has no buffers. Equal seeds give equal
 * runs.
 *
 * @throws Error for weights that do not fit.
 */
export async function newOfflineRun({ config, random, warn, onEngine }: NewRunOptions): Promise<TrainingCheckpoint> {
  const compile = compileOptions(config, onEngine);
  const { pretrainedPath } = runSettingsOf(config);
  const policy = await makePolicy(config.policy, { random: random.fork(), warn, ...compile });
  if (pretrainedPath !== null) await loadPretrainedWeights(policy, pretrainedPath);
  const algorithm = makeAlgorithm(config.algorithm, policy, {
    random: random.fork(),
    ...algorithmOptions(config, compile),
  });
  const processors = makePrePostProcessors(config.policy);
  return { step: 0, interactionStep: 0, trainConfig: config, policy, processors, algorithm, buffers: {} };
}

/**
 * What a run with actors is at its beginning: also an empty online buffer, and demonstrations in the offline one.
 *
 * @throws as `newOfflineRun`, and for demonstrations that do not fit; RangeError for buffers beyond the machine's memory.
 */
export async function newRun(options: NewRunOptions): Promise<TrainingCheckpoint> {
  const { config, random, warn } = options;
  const { bufferCapacity } = runSettingsOf(config);
  const run = await newOfflineRun(options);
  const features = replayFeaturesOf(config);
  const hasImages = Object.values(features.observation).some(isImage);
  const { algorithm, processors } = run;
  const { preprocessor } = processors;
  const shiftPixels = hasImages ? RANDOM_SHIFT_PIXELS : 0;
  const encoding = hasImages && imageEncodingOf({ config, algorithm, preprocessor, features, shiftPixels });
  // Encoded images are shifted before they are encoded, if at all.
  const isShifted = !encoding || config.handrail.image_features.shifts > 0;
  const buffer = (capacity: number) =>
    new ReplayBuffer({
      features,
      capacity,
      warn,
      seed: random.integer(2 ** 32),
      randomShiftPixels: isShifted ? shiftPixels : 0,
      ...(encoding && { encoding }),
    });
  const online = buffer(bufferCapacity.online);
  const offline = buffer(bufferCapacity.offline);
  if (config.dataset !== null) {
    // Here: the readers of datasets are not loaded by programs that have none.
    const { loadDemonstrations } = await import("../demonstrations/load_demonstrations.ts");
    await loadDemonstrations({ dataset: config.dataset, renameMap: config.rename_map, buffer: offline, warn });
  }
  return { ...run, buffers: { online, offline } };
}

async function loadPretrainedWeights(policy: Policy, nameOrPath: string): Promise<void> {
  const pretrained = await loadPretrainedPolicy(nameOrPath);
  policy.loadWeights(pretrained.weights(), nameOrPath);
  await pretrained.dispose();
}
