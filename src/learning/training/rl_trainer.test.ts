import { describe, expect, it } from "vitest";
import type { BatchIterator, TrainingBatch } from "../../algorithms/algorithm.ts";
import type { DataSpec } from "../../algorithms/data_spec.ts";
import { makeAlgorithm, makeAlgorithmConfig } from "../../algorithms/registry.ts";
import { parseConfig } from "../../config/parse.ts";
import { OnlineOfflineMixer } from "../../data/sources/online_offline_mixer.ts";
import { GaussianActorConfigSchema } from "../../policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../../policies/gaussian_actor/policy.ts";
import { makeGaussianActorPrePostProcessors } from "../../policies/gaussian_actor/processors.ts";
import { ReplayBuffer } from "../../replay/replay_buffer.ts";
import { Random } from "../../tensor/index.ts";
import { RLTrainer } from "./rl_trainer.ts";

const STATE = "observation.state";
const layers = { hidden_dims: [8, 8] };

function setUp({ transitions = 20, gripper = false } = {}) {
  const config = parseConfig(GaussianActorConfigSchema, {
    type: "gaussian_actor",
    input_features: { [STATE]: { type: "STATE", shape: [2] } },
    output_features: { action: { type: "ACTION", shape: [1] } },
    num_discrete_actions: gripper ? 3 : null,
    dataset_stats: { [STATE]: { min: [0, -10], max: [4, 10] }, action: { min: [-0.02], max: [0.02] } },
    latent_dim: 8,
    actor_network_kwargs: layers,
  });
  const policy = new GaussianActorPolicy(config, { random: new Random(1) });
  const algorithm = makeAlgorithm(
    makeAlgorithmConfig({ type: "sac", utd_ratio: 2, critic_network_kwargs: layers }),
    policy,
    { random: new Random(2), threads: 1 },
  );
  const shape = [gripper ? 2 : 1];
  const buffer = new ReplayBuffer({
    features: { observation: { [STATE]: { dtype: "float32", shape: [2] } }, action: { shape } },
    capacity: 50,
    seed: 3,
  });
  const random = new Random(4);
  const observe = () => ({ [STATE]: Float32Array.of(random.uniform(0, 4), random.uniform(-10, 10)) });
  const add = () =>
    buffer.add({
      observation: observe(),
      action: Float32Array.of(random.uniform(-0.02, 0.02), ...(gripper ? [random.integer(3)] : [])),
      reward: random.uniform(),
      nextObservation: observe(),
      terminated: false,
      truncated: false,
    });
  for (let i = 0; i < transitions; i++) add();
  const { preprocessor } = makeGaussianActorPrePostProcessors(config);
  const options = { source: new OnlineOfflineMixer({ online: buffer, batchSize: 8 }), preprocessor };
  return { trainer: new RLTrainer({ algorithm, ...options }), algorithm, add, options };
}

/** The batches that an algorithm is given, copied. */
async function batchesGiven(gripper: boolean): Promise<TrainingBatch> {
  const { algorithm, options } = setUp({ gripper });
  let given: TrainingBatch | undefined;
  const watching = Object.create(algorithm, {
    update: {
      value: async (batches: BatchIterator) => {
        given = structuredClone(await batches.next());
        return await algorithm.update(batches);
      },
    },
  });
  await new RLTrainer({ algorithm: watching, ...options }).trainingStep();
  return given!;
}

describe("what the algorithm is given", () => {
  it("is normalised alike for observations, next observations and actions: all fill [−1, 1]", async () => {
    const { observation, nextObservation, action } = await batchesGiven(false);
    for (const { data } of [observation[STATE]!, nextObservation[STATE]!, action]) {
      const sizes = Array.from(data as Float32Array, Math.abs);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(1 + 1e-6);
      expect(Math.max(...sizes)).toBeGreaterThan(0.5);
    }
  });

  it("keeps the gripper's command as the whole number it is", async () => {
    const { action } = await batchesGiven(true);
    expect(action.shape).toEqual([8, 2]);
    for (let row = 0; row < 8; row++) {
      expect(Math.abs(Number(action.data[2 * row]))).toBeLessThanOrEqual(1 + 1e-6);
      expect([0, 1, 2]).toContain(action.data[2 * row + 1]);
    }
  });
});

it("fails while there is nothing to draw from and continues once there is", async () => {
  const { trainer, algorithm, add } = setUp({ transitions: 0 });
  await expect(trainer.trainingStep()).rejects.toThrow(RangeError);
  expect(algorithm.optimizationStep).toBe(0);
  add();
  await trainer.trainingStep();
  expect(algorithm.optimizationStep).toBe(1);
  await algorithm.dispose();
});

it("names the algorithm, the source and what the source cannot give, before the first update", async () => {
  const { algorithm, options } = setUp();
  const asking = (dataSpec: DataSpec) =>
    new RLTrainer({ algorithm: Object.create(algorithm, { dataSpec: { value: dataSpec } }), ...options });
  expect(() => asking({ horizon: 8, columns: ["advantage"] })).toThrow(
    'algorithm "sac" cannot learn from the replay buffers; missing: chunks of 8 actions, the column "advantage"',
  );
  expect(() => asking({ horizon: 0 })).toThrow('algorithm "sac": dataSpec.horizon must be a positive integer, got 0');
  await algorithm.dispose();
});
