/** A training run with networks of a few units on the pendulum, whole enough to be saved and gone on with. */
import { makeAlgorithm } from "../../src/algorithms/registry.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { TrainingCheckpoint } from "../../src/learning/checkpoints/contents.ts";
import type { GaussianActorConfig } from "../../src/policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { makeGaussianActorPrePostProcessors } from "../../src/policies/gaussian_actor/processors.ts";
import { ReplayBuffer } from "../../src/replay/replay_buffer.ts";
import { TrainRLServerPipelineConfigSchema } from "../../src/settings/config.ts";
import { Random } from "../../src/tensor/index.ts";
import { STATE, smallPolicyConfig, smallSacConfig } from "../algorithms/small.ts";

export interface SmallRun extends TrainingCheckpoint {
  readonly buffers: { readonly online: ReplayBuffer; readonly offline: ReplayBuffer };
  readonly generators: { readonly loop: Random };
}

const POLICY = {
  output_features: { action: { type: "ACTION", shape: [1] } },
  dataset_stats: { [STATE]: { min: [-1, -1, -8], max: [1, 1, 8] }, action: { min: [-2], max: [2] } },
};

export function smallRun(policyValues: Readonly<Record<string, unknown>> = {}, seed = 1): SmallRun {
  const config: GaussianActorConfig = smallPolicyConfig({ ...POLICY, ...policyValues });
  const random = new Random(seed);
  const policy = new GaussianActorPolicy(config, { random: random.fork(), warn: () => {}, threads: 1 });
  const algorithm = makeAlgorithm(smallSacConfig({ utd_ratio: 2 }), policy, { random: random.fork(), threads: 1 });
  const actions = config.num_discrete_actions === null ? 1 : 2;
  const features = {
    observation: { [STATE]: { dtype: "float32", shape: [3] } },
    action: { shape: [actions], low: -2, high: 2 },
  } as const;
  const buffer = (seed: number) => new ReplayBuffer({ features, capacity: 500, seed, blockBytes: 512 });
  return {
    step: 0,
    interactionStep: 0,
    trainConfig: parseConfig(TrainRLServerPipelineConfigSchema, { policy: config }),
    policy,
    processors: makeGaussianActorPrePostProcessors(config),
    algorithm,
    buffers: { online: buffer(seed), offline: buffer(seed + 1) },
    generators: { loop: random.fork() },
  };
}

/** Adds transitions that are identified by their number. */
export function addTransitions(buffer: ReplayBuffer, from: number, count: number): void {
  const action = new Float32Array(buffer.features.action.shape[0]!);
  for (let i = from; i < from + count; i++) {
    const observe = (number: number) => ({ [STATE]: Float32Array.of(number, 0, 1) });
    const [observation, nextObservation] = [observe(i), observe(i + 1)];
    buffer.add({ observation, action, reward: i, nextObservation, terminated: false, truncated: i % 7 === 0 });
  }
}

/** Everything a run consists of, as plain values to compare. */
export function everything(run: TrainingCheckpoint) {
  const { actingWeights, algorithm, policy, buffers, generators = {}, interactionStep, step } = run;
  return {
    step,
    interactionStep,
    weights: algorithm.weights(),
    actingWeights: actingWeights ?? algorithm.weights(),
    state: algorithm.stateDict(),
    training: algorithm.trainingState(),
    policyRandom: policy.random.state,
    generators: Object.entries(generators).map(([name, random]) => [name, random.state]),
    buffers: Object.entries(buffers).map(([name, buffer]) => {
      const { state } = buffer.snapshot();
      return [name, state, Array.from({ length: buffer.size }, (_, i) => buffer.at(i))];
    }),
  };
}

export async function dispose({ algorithm, policy }: TrainingCheckpoint): Promise<void> {
  await Promise.all([algorithm.dispose(), policy.dispose()]);
}
