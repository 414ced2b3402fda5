import { describe, expect, it } from "vitest";
import type { BatchIterator, TrainingState } from "../../src/algorithms/algorithm.ts";
import { describeAlgorithm } from "../../src/algorithms/conformance.ts";
import { SACAlgorithm } from "../../src/algorithms/sac/algorithm.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { Random } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { failedTests } from "../failed_tests.ts";
import { smallPolicyConfig, smallSacConfig, WITH_CAMERA } from "./small.ts";

const CONFIGURATIONS: Readonly<Record<string, { policy?: object; sac?: object }>> = {
  SAC: {},
  "SAC with a gripper": { policy: { num_discrete_actions: 3 } },
  "SAC with two critic steps per actor step": { sac: { utd_ratio: 2, policy_update_freq: 2 } },
  "SAC with separate encoders": { policy: { shared_encoder: false, num_discrete_actions: 3 } },
  "SAC on images through a frozen backbone": { policy: { ...WITH_CAMERA, freeze_vision_encoder: true } },
  "SAC on images with dropout": {
    policy: { ...WITH_CAMERA, actor_network_kwargs: { hidden_dims: [8], dropout_rate: 0.1 } },
  },
  RLPD: { sac: { type: "rlpd", num_critics: 4, utd_ratio: 3 } },
};

for (const [name, { policy = {}, sac = {} }] of Object.entries(CONFIGURATIONS)) {
  const config = smallSacConfig({ ...sac });
  describeAlgorithm(
    name,
    {
      policy: smallPolicyConfig({ ...policy }),
      create: (actor: GaussianActorPolicy, options) => new SACAlgorithm(config, actor, { ...options, threads: 1 }),
    },
    { describe, it },
  );
}

/** The tests of the suite that an implementation fails. */
async function failures(Broken: typeof SACAlgorithm): Promise<string[]> {
  return await failedTests((runner) =>
    describeAlgorithm(
      "broken",
      {
        policy: smallPolicyConfig(),
        create: (policy: GaussianActorPolicy, options) =>
          new Broken(smallSacConfig(), policy, { ...options, threads: 1 }),
      },
      runner,
    ),
  );
}

class PullsOneTooMany extends SACAlgorithm {
  override async update(batches: BatchIterator) {
    await batches.next();
    return await super.update(batches);
  }
}

class ForgetsItsMoments extends SACAlgorithm {
  override loadTrainingState(state: TrainingState): void {
    const { optimizers } = this.trainingState();
    super.loadTrainingState({ ...state, optimizers });
  }
}

class ForgetsItsGenerator extends SACAlgorithm {
  override loadTrainingState(state: TrainingState): void {
    super.loadTrainingState({ ...state, random: new Random(5).state });
  }
}

class TakesAnyTensors extends SACAlgorithm {
  override loadStateDict(tensors: TensorRecord): void {
    const own = this.stateDict();
    super.loadStateDict(
      Object.fromEntries(Object.entries(own).map(([name, tensor]) => [name, tensors[name] ?? tensor])),
    );
  }
}

class AveragesNothing extends SACAlgorithm {
  override averagedWeights(): TensorRecord {
    return this.weights();
  }
}

class ForgetsItsAverage extends SACAlgorithm {
  override loadAveragedWeights(): void {}
}

class KeepsItsWeights extends SACAlgorithm {
  readonly #weights = super.weights();
  override weights(): TensorRecord {
    return this.#weights;
  }
}

describe("the algorithm conformance suite", () => {
  it.each([
    { Broken: PullsOneTooMany, test: "pulls exactly the batches it announces" },
    { Broken: ForgetsItsMoments, test: "continues bit for bit" },
    { Broken: ForgetsItsGenerator, test: "continues bit for bit" },
    { Broken: TakesAnyTensors, test: "refuses missing, unexpected and misshapen tensors" },
    { Broken: AveragesNothing, test: "keeps the right one if any" },
    { Broken: ForgetsItsAverage, test: "reverts the average that it keeps" },
    { Broken: KeepsItsWeights, test: "returns weights that a policy can load" },
  ])("catches $Broken.name", async ({ Broken, test }) => {
    expect(await failures(Broken as typeof SACAlgorithm)).toContainEqual(expect.stringContaining(test));
  });
});

it("refuses an average that forgets nothing, and to load one that it does not keep", async () => {
  const policy = new GaussianActorPolicy(smallPolicyConfig());
  expect(() => new SACAlgorithm(smallSacConfig(), policy, { weightAverage: 1 })).toThrow(
    "decay must be in [0, 1), got 1",
  );
  const algorithm = new SACAlgorithm(smallSacConfig(), policy);
  expect(algorithm.averagedWeights()).toBeUndefined();
  expect(() => algorithm.loadAveragedWeights(algorithm.weights())).toThrow("the algorithm keeps no average");
  await algorithm.dispose();
});
