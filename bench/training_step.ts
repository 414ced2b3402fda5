/** A full `trainingStep()`: mixing, sampling, preprocessing and every update, on a state observation with a gripper. */
import { makeAlgorithm, makeAlgorithmConfig } from "../src/algorithms/registry.ts";
import { parseConfig } from "../src/config/parse.ts";
import { OnlineOfflineMixer } from "../src/data/sources/online_offline_mixer.ts";
import { RLTrainer } from "../src/learning/training/rl_trainer.ts";
import { GaussianActorConfigSchema } from "../src/policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../src/policies/gaussian_actor/policy.ts";
import { makeGaussianActorPrePostProcessors } from "../src/policies/gaussian_actor/processors.ts";
import { ReplayBuffer } from "../src/replay/replay_buffer.ts";
import { Random } from "../src/tensor/index.ts";
import { measure, type Row, timingRow } from "./measure.ts";

const STATE_SIZE = 21;
const CONTINUOUS_ACTIONS = 3;
const BATCH_SIZE = 256;
const STORED = 10_000;

export async function benchTrainingStep(seconds = 5): Promise<Row[]> {
  return [await trainingStep(2, seconds), await trainingStep(1, seconds)];
}

async function trainingStep(threads: number, seconds: number): Promise<Row> {
  const random = new Random(0);
  const state = { type: "STATE", shape: [STATE_SIZE] };
  const range = (size: number) => ({ min: new Array(size).fill(-1), max: new Array(size).fill(1) });
  const config = parseConfig(GaussianActorConfigSchema, {
    type: "gaussian_actor",
    input_features: { "observation.state": state },
    output_features: { action: { type: "ACTION", shape: [CONTINUOUS_ACTIONS] } },
    num_discrete_actions: 3,
    dataset_stats: { "observation.state": range(STATE_SIZE), action: range(CONTINUOUS_ACTIONS) },
  });
  const policy = new GaussianActorPolicy(config, { random: random.fork() });
  const algorithm = makeAlgorithm(makeAlgorithmConfig({ type: "sac", utd_ratio: 2 }), policy, { threads });
  const { preprocessor } = makeGaussianActorPrePostProcessors(config);
  const [online, offline] = [filledBuffer(random), filledBuffer(random)];
  const source = new OnlineOfflineMixer({ online, offline, batchSize: BATCH_SIZE });
  const trainer = new RLTrainer({ algorithm, source, preprocessor });
  try {
    const timing = await measure(() => trainer.trainingStep(), { seconds });
    const name = `trainingStep(), batch ${BATCH_SIZE}, ${STATE_SIZE}-D state, gripper, utd 2, ${threads} threads`;
    return timingRow(name, timing, threads === 2 ? { target: "≤ 12" } : {});
  } finally {
    await Promise.all([algorithm.dispose(), policy.dispose()]);
  }
}

function filledBuffer(random: Random): ReplayBuffer {
  const buffer = new ReplayBuffer({
    features: {
      observation: { "observation.state": { dtype: "float32", shape: [STATE_SIZE] } },
      action: { shape: [CONTINUOUS_ACTIONS + 1] },
      complementaryInfo: { discrete_penalty: { default: 0 } },
    },
    capacity: STORED,
    seed: random.uint32(),
  });
  const observation = () => ({ "observation.state": random.fillNormal(new Float32Array(STATE_SIZE)) });
  for (let i = 0; i < STORED; i++) {
    buffer.add({
      observation: observation(),
      action: Float32Array.of(random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(-1, 1), random.integer(3)),
      reward: random.integer(2),
      nextObservation: observation(),
      terminated: random.uniform() < 0.05,
      truncated: false,
    });
  }
  return buffer;
}
