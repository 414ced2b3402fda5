/** The parts of a checkpoint, and how each is written to and read from its folder. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { RLAlgorithm } from "../../algorithms/algorithm.ts";
import { fromPretrained, savePretrained } from "../../algorithms/pretrained.ts";
import type { AlgorithmOptions } from "../../algorithms/registry.ts";
import { loadConfig } from "../../config/load.ts";
import type { Policy } from "../../policies/policy.ts";
import { loadPretrainedPolicy } from "../../policies/registry.ts";
import { loadPipeline, savePipeline } from "../../processors/pipeline_files.ts";
import {
  POLICY_POSTPROCESSOR,
  POLICY_PREPROCESSOR,
  type PolicyProcessors,
} from "../../processors/policy_processors.ts";
import { ReplayArchive, type SavedReplay } from "../../replay/replay_archive.ts";
import type { ReplayBuffer, ReplayBufferOptions } from "../../replay/replay_buffer.ts";
import { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import type { CompileOptions } from "../../tensor/index.ts";
import { loadSafetensors, saveSafetensors } from "../../tensor/safetensors/file.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { type Generators, loadGenerators, saveGenerators } from "./generators.ts";
import * as layout from "./layout.ts";
import type { Manifest } from "./manifest.ts";
import { loadOptimizers, saveOptimizers } from "./optimizer_files.ts";

/** A training run at one moment. */
export interface TrainingCheckpoint {
  /** The folder's name; updates of the algorithm, as in LeRobot. */
  readonly step: number;
  /** Environment steps taken by the actors so far. */
  readonly interactionStep: number;
  readonly trainConfig: TrainRLServerPipelineConfig;
  /** Gives its config and its generator. The weights saved are `actingWeights` or the algorithm's, which are never older. */
  readonly policy: Policy;
  /** The weights that act, by name, where they differ from the ones being trained: their average. */
  readonly actingWeights?: TensorRecord;
  readonly processors: PolicyProcessors;
  readonly algorithm: RLAlgorithm;
  /** By name, such as `online` and `offline`: lower-case letters, digits and underscores. */
  readonly buffers: Readonly<Record<string, ReplayBuffer>>;
  /** Other generators of the run, by name. The policy's, the algorithm's and the buffers' are saved anyway. */
  readonly generators?: Generators;
  /** Further state that belongs to the buffers, as plain JSON by name, such as each actor's position. */
  readonly runState?: Readonly<Record<string, unknown>>;
  /** How good the policy is, such as its success rate: higher is better. */
  readonly score?: number;
}

/** The saved parts: all of them, and `actingWeights` where there were any. */
export type SavedRun = Required<Omit<TrainingCheckpoint, "score" | "actingWeights">> &
  Pick<TrainingCheckpoint, "actingWeights">;

export interface LoadCheckpointOptions extends Pick<ReplayBufferOptions, "memoryLimitBytes" | "warn"> {
  /** How the policy's programs run. */
  readonly policy?: CompileOptions;
  /** How the algorithm's programs run, and what it averages. */
  readonly algorithm?: Omit<AlgorithmOptions, "random">;
}

const OWN_GENERATORS = ["algorithm", "policy"] as const;
const runStateSchema = z.record(z.string(), z.unknown());
const trainingStepSchema = z.object({ step: z.int().min(0), interaction_step: z.int().min(0) });

/** Numbers that move with everything a run does: equal before and after means that nothing was done in between. */
export function progressOf({ algorithm, policy, buffers, generators }: TrainingCheckpoint): string {
  const randoms = Object.values({ ...generators, algorithm: algorithm.random, policy: policy.random });
  const replays = Object.values(buffers).map((buffer) => buffer.snapshot().state);
  return JSON.stringify([algorithm.optimizationStep, randoms.map(({ state }) => state), replays]);
}

/**
 * Writes everything but the manifest.
 *
 * @param shared Earlier saves of the buffers, by name, to link unchanged blocks from.
 * @returns what is now on disk of each buffer.
 */
export async function writeContents(
  folder: string,
  checkpoint: TrainingCheckpoint,
  shared: ReadonlyMap<string, SavedReplay>,
): Promise<Map<string, SavedReplay>> {
  const { actingWeights, algorithm, policy, processors, step, interactionStep } = checkpoint;
  const model = join(folder, layout.PRETRAINED_MODEL);
  await policy.savePretrained(model, actingWeights ?? algorithm.weights());
  await writeJson(join(model, layout.TRAIN_CONFIG_FILE), checkpoint.trainConfig);
  await savePipeline(processors.preprocessor, model);
  await savePipeline(processors.postprocessor, model);
  await savePretrained(algorithm, join(folder, layout.ALGORITHM));

  const state = join(folder, layout.TRAINING_STATE);
  await mkdir(state);
  if (actingWeights !== undefined) {
    await saveSafetensors(join(state, layout.TRAINED_WEIGHTS_FILE), algorithm.weights(), { format: "pt" });
  }
  await saveOptimizers(state, algorithm.trainingState());
  const generators = { ...checkpoint.generators, algorithm: algorithm.random, policy: policy.random };
  await saveGenerators(join(state, layout.RNG_STATE_FILE), generators);
  await writeJson(join(state, layout.TRAINING_STEP_FILE), { step, interaction_step: interactionStep });
  await writeJson(join(state, layout.RUN_STATE_FILE), checkpoint.runState ?? {});

  const saved = new Map<string, SavedReplay>();
  for (const [name, buffer] of Object.entries(checkpoint.buffers)) {
    const shareWith = shared.get(name);
    const archive = new ReplayArchive(join(folder, layout.REPLAY, name), shareWith ? { shareWith } : {});
    await archive.save(buffer);
    saved.set(name, archive.saved!);
  }
  return saved;
}

export async function readTrainConfig(folder: string): Promise<TrainRLServerPipelineConfig> {
  const path = join(folder, layout.PRETRAINED_MODEL, layout.TRAIN_CONFIG_FILE);
  return await loadConfig(TrainRLServerPipelineConfigSchema, path);
}

/** Reads what `writeContents` wrote. @throws Error of the part that cannot be read, naming its file. */
export async function readContents(
  folder: string,
  manifest: Manifest,
  options: LoadCheckpointOptions,
): Promise<{ checkpoint: SavedRun; saved: Map<string, SavedReplay> }> {
  const model = join(folder, layout.PRETRAINED_MODEL);
  const state = join(folder, layout.TRAINING_STATE);
  const stepFile = join(state, layout.TRAINING_STEP_FILE);
  const { step, interaction_step } = trainingStepSchema.parse(JSON.parse(await readFile(stepFile, "utf8")));
  const runState = await readRunState(join(state, layout.RUN_STATE_FILE), manifest);
  const trainConfig = await readTrainConfig(folder);
  const generators = await loadGenerators(join(state, layout.RNG_STATE_FILE));
  const own = OWN_GENERATORS.map((name) => generators[name]!);
  const [algorithmRandom, policyRandom] = own as [Generators[string], Generators[string]];
  const states = Object.values(generators).map((random) => [random, random.state] as const);

  const policy = await loadPretrainedPolicy(model, { ...options.policy, random: policyRandom });
  const algorithm = await fromPretrained(join(folder, layout.ALGORITHM), policy, {
    ...options.algorithm,
    random: algorithmRandom,
  });
  const isListed = (file: string) => Object.hasOwn(manifest.files, file);
  const isAveraged = isListed(`${layout.TRAINING_STATE}/${layout.TRAINED_WEIGHTS_FILE}`);
  if (isAveraged) {
    algorithm.loadWeights((await loadSafetensors(join(state, layout.TRAINED_WEIGHTS_FILE))).tensors);
  }
  algorithm.loadTrainingState({
    optimizers: await loadOptimizers(state, (name) => isListed(`${layout.TRAINING_STATE}/${name}`)),
    optimizationStep: manifest.optimization_step,
    random: algorithmRandom.state,
  });
  const processors = {
    preprocessor: await loadPipeline(model, POLICY_PREPROCESSOR),
    postprocessor: await loadPipeline(model, POLICY_POSTPROCESSOR),
  };
  const buffers: Record<string, ReplayBuffer> = {};
  const saved = new Map<string, SavedReplay>();
  for (const name of manifest.buffers) {
    const archive = new ReplayArchive(join(folder, layout.REPLAY, name));
    buffers[name] = await archive.load(options);
    saved.set(name, archive.saved!);
  }
  // Networks drew initial weights that were then replaced: only now do the generators stand where they stood.
  for (const [random, saved] of states) random.state = saved;
  const others = Object.entries(generators).filter(([name]) => !OWN_GENERATORS.some((each) => each === name));
  return {
    checkpoint: {
      step,
      interactionStep: interaction_step,
      trainConfig,
      policy,
      ...(isAveraged && { actingWeights: policy.weights() }),
      processors,
      algorithm,
      buffers,
      generators: Object.fromEntries(others),
      runState,
    },
    saved,
  };
}

/** Rejects values that could be saved but not found again. @throws RangeError or TypeError naming the value. */
export function assertSavable({
  step,
  interactionStep,
  processors,
  buffers,
  generators,
  score,
}: TrainingCheckpoint): void {
  for (const [name, value] of Object.entries({ step, interactionStep })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a count, got ${value}`);
  }
  if (score !== undefined && !Number.isFinite(score))
    throw new RangeError(`score must be a finite number, got ${score}`);
  const { preprocessor, postprocessor } = processors;
  for (const [{ name }, expected] of [
    [preprocessor, POLICY_PREPROCESSOR],
    [postprocessor, POLICY_POSTPROCESSOR],
  ] as const) {
    if (name !== expected) throw new TypeError(`the pipeline "${name}" must be called "${expected}" to be found again`);
  }
  for (const name of Object.keys(buffers)) {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      throw new TypeError(`the buffer's name "${name}" must be lower-case letters, digits and underscores`);
    }
  }
  for (const name of OWN_GENERATORS) {
    if (generators?.[name] !== undefined) throw new TypeError(`the generator's name "${name}" is taken`);
  }
}

/** Empty for a checkpoint of a version that saved none. */
async function readRunState(path: string, { files }: Manifest): Promise<Record<string, unknown>> {
  if (files[`${layout.TRAINING_STATE}/${layout.RUN_STATE_FILE}`] === undefined) return {};
  return runStateSchema.parse(JSON.parse(await readFile(path, "utf8")));
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, undefined, 4)}\n`);
}
