/** Equal seeds give equal weights bit for bit, and a saved run continues as if it had never stopped. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RLAlgorithm } from "../../src/algorithms/algorithm.ts";
import { fromPretrained, savePretrained } from "../../src/algorithms/pretrained.ts";
import { SACAlgorithm } from "../../src/algorithms/sac/algorithm.ts";
import { OnlineOfflineMixer } from "../../src/data/sources/online_offline_mixer.ts";
import { Pendulum } from "../../src/envs/pendulum.ts";
import { RLTrainer } from "../../src/learning/training/rl_trainer.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { makeGaussianActorPrePostProcessors } from "../../src/policies/gaussian_actor/processors.ts";
import { ReplayArchive } from "../../src/replay/replay_archive.ts";
import { ReplayBuffer } from "../../src/replay/replay_buffer.ts";
import { type EpisodeSummary, trainLockstep } from "../../src/runs/lockstep.ts";
import { Random } from "../../src/tensor/index.ts";
import { STATE, smallPolicyConfig, smallSacConfig } from "./small.ts";
import { demonstrate } from "./swing_up.ts";

const POLICY = smallPolicyConfig({
  output_features: { action: { type: "ACTION", shape: [1] } },
  dataset_stats: { [STATE]: { min: [-1, -1, -8], max: [1, 1, 8] }, action: { min: [-2], max: [2] } },
});
const processors = makeGaussianActorPrePostProcessors(POLICY);

function makeBuffer(capacity: number): ReplayBuffer {
  const features = { observation: { [STATE]: { dtype: "float32", shape: [3] } }, action: { shape: [1] } } as const;
  return new ReplayBuffer({ features, capacity, seed: 3 });
}

function makeTrainer(algorithm: RLAlgorithm, online: ReplayBuffer): RLTrainer {
  const source = new OnlineOfflineMixer({ online, batchSize: 16 });
  return new RLTrainer({ algorithm, source, preprocessor: processors.preprocessor });
}

const makePolicy = (seed: number) => new GaussianActorPolicy(POLICY, { random: new Random(seed), threads: 1 });

/** The trained state as numbers. */
function learned(algorithm: RLAlgorithm) {
  const { optimizers, random } = algorithm.trainingState();
  const data = [algorithm.weights(), algorithm.stateDict(), optimizers].map((tensors) =>
    Object.entries(tensors).map(([name, tensor]) => [name, tensor.data]),
  );
  return { data, random };
}

describe("training in lockstep with the environment", () => {
  async function run(seed: number) {
    const random = new Random(seed);
    const policy = makePolicy(1);
    const algorithm = new SACAlgorithm(smallSacConfig(), policy, { random: random.fork(), threads: 1 });
    const buffer = makeBuffer(500);
    const episodes: EpisodeSummary[] = [];
    await trainLockstep({
      env: new Pendulum(),
      policy,
      processors,
      buffer,
      trainer: makeTrainer(algorithm, buffer),
      steps: 1000,
      warmupSteps: 50,
      random: random.fork(),
      onEpisodeEnd: (episode) => episodes.push(episode),
    });
    const result = { ...learned(algorithm), episodes };
    await Promise.all([algorithm.dispose(), policy.dispose()]);
    return result;
  }

  it("gives the same weights bit for bit after 1000 steps from the same seed, and different ones from another", async () => {
    const first = await run(5);
    expect(await run(5)).toEqual(first);
    expect((await run(6)).data).not.toEqual(first.data);
    expect(first.episodes.map(({ step, episodeLength }) => [step, episodeLength])).toEqual(
      [200, 400, 600, 800, 1000].map((step) => [step, 200]),
    );
  });
});

describe("a run of 1000 updates that is saved after 500", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-resume-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("ends, continued from disk, with exactly the weights of the uninterrupted run", async () => {
    const buffer = makeBuffer(1000);
    for (const transition of (await demonstrate(5, 0)).transitions) buffer.add(transition);
    const policy = makePolicy(1);
    const algorithm = new SACAlgorithm(smallSacConfig({ num_critics: 3, num_subsample_critics: 2 }), policy, {
      threads: 1,
    });
    const trainer = makeTrainer(algorithm, buffer);
    for (let update = 0; update < 500; update++) await trainer.trainingStep();

    policy.loadWeights(algorithm.weights());
    await policy.savePretrained(join(folder, "pretrained_model"));
    await savePretrained(algorithm, join(folder, "algorithm"));
    await new ReplayArchive(join(folder, "replay")).save(buffer);
    const training = structuredClone({ ...algorithm.trainingState(), optimizers: undefined });
    const { optimizers } = algorithm.trainingState();
    for (let update = 0; update < 500; update++) await trainer.trainingStep();

    const again = await GaussianActorPolicy.fromPretrained(join(folder, "pretrained_model"));
    const resumed = await fromPretrained(join(folder, "algorithm"), again, { threads: 1, random: new Random(77) });
    resumed.loadTrainingState({ ...training, optimizers });
    expect(resumed.optimizationStep).toBe(500);
    const resumedTrainer = makeTrainer(resumed, await new ReplayArchive(join(folder, "replay")).load());
    for (let update = 0; update < 500; update++) await resumedTrainer.trainingStep();

    expect(learned(resumed)).toEqual(learned(algorithm));
    await Promise.all([algorithm, resumed, policy].map((each) => each.dispose()));
  });
});
