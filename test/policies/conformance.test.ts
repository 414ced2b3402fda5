import { describe, expect, it } from "vitest";
import { DeterministicActor } from "../../examples/deterministic_actor.ts";
import { describePolicy } from "../../src/policies/conformance.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import type { ActOptions, Policy, PolicyOptions, PolicyResetOptions } from "../../src/policies/policy.ts";
import { makePolicy } from "../../src/policies/registry.ts";
import { Tensor } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { STATE, smallPolicyConfig, WITH_CAMERA } from "../algorithms/small.ts";
import { failedTests } from "../failed_tests.ts";
import { ChunkPolicy, chunkConfig } from "./chunk_policy.ts";
import { deterministicActorConfig } from "./small.ts";

const STATS = {
  dataset_stats: { [STATE]: { min: [-1, -1, -8], max: [1, 1, 8] }, action: { min: [-2, -2], max: [2, 2] } },
};

const CONFIGURATIONS: Readonly<Record<string, object>> = {
  "a Gaussian actor": {},
  "a Gaussian actor with a gripper": { num_discrete_actions: 3 },
  "a Gaussian actor with an encoder for its critics": { shared_encoder: false, num_discrete_actions: 3 },
  "a Gaussian actor with a camera": WITH_CAMERA,
};
for (const [name, values] of Object.entries(CONFIGURATIONS)) {
  const config = smallPolicyConfig({ ...STATS, ...values });
  describePolicy(name, { create: (options) => makePolicy(config, options) }, { describe, it });
}

describePolicy(
  "the example of a custom policy",
  { create: (options) => makePolicy(deterministicActorConfig(), options) },
  { describe, it },
);
describePolicy("a policy of chunks", { create: (options) => makePolicy(chunkConfig(), options) }, { describe, it });
describePolicy(
  "a policy that does not explore",
  { create: (options) => makePolicy(deterministicActorConfig({ exploration_std: 0 }), options), explores: false },
  { describe, it },
);

/** The tests of the suite that an implementation fails. */
async function failures(create: (options: PolicyOptions) => Policy): Promise<string[]> {
  return await failedTests((runner) => describePolicy("broken", { create }, runner));
}

class AlwaysExplores extends GaussianActorPolicy {
  override act(observation: TensorRecord) {
    return super.act(observation);
  }
}

class IgnoresResets extends GaussianActorPolicy {
  override reset() {}
}

class DrawsFromWhatItIsGiven extends GaussianActorPolicy {
  override reset({ random }: PolicyResetOptions = {}) {
    random?.uniform();
    super.reset(random && { random });
  }
}

class RemembersTheLastEpisode extends DeterministicActor {
  #steps = 0;
  override async act(observation: TensorRecord, options?: ActOptions) {
    const action = await super.act(observation, options);
    if (options?.deterministic && this.#steps > 0) action.data[0]! += 1e-3;
    if (!options?.deterministic) this.#steps += 1;
    return action;
  }
}

class ChangesItsShape extends ChunkPolicy {
  override async act(observation: TensorRecord, options?: ActOptions): Promise<Tensor<"float32">> {
    const chunk = await super.act(observation, options);
    return options?.deterministic ? (chunk.reshape([-1, chunk.shape[2]!]) as Tensor<"float32">) : chunk;
  }
}

class TakesAnyWeights extends GaussianActorPolicy {
  override loadWeights(weights: TensorRecord) {
    const own = this.weights();
    super.loadWeights(Object.fromEntries(Object.keys(own).map((name) => [name, weights[name] ?? own[name]!])));
  }
}

class SavesOnlyItsOwn extends GaussianActorPolicy {
  override savePretrained(folder: string) {
    return super.savePretrained(folder);
  }
}

class ActsForEver extends GaussianActorPolicy {
  override async dispose() {}
}

class FillsIn extends DeterministicActor {
  override async act(observation: TensorRecord, options?: ActOptions) {
    return await super.act({ [STATE]: Tensor.zeros([2, 3]), ...observation }, options);
  }
}

describe("the policy conformance suite", () => {
  const gaussian = smallPolicyConfig(STATS);
  const deterministic = deterministicActorConfig();
  const cases = [
    { Broken: AlwaysExplores, test: "chooses the same action again when deterministic" },
    { Broken: IgnoresResets, test: "explores the same way after a reset" },
    { Broken: DrawsFromWhatItIsGiven, test: "explores the same way after a reset" },
    { Broken: TakesAnyWeights, test: "refuses missing, unexpected and misshapen weights" },
    { Broken: SavesOnlyItsOwn, test: "saves given weights without changing its own" },
    { Broken: ActsForEver, test: "refuses to act after dispose" },
  ];
  it.each(cases)("catches $Broken.name", async ({ Broken, test }) => {
    const failed = await failures((options) => new Broken(gaussian, options));
    expect(failed).toContainEqual(expect.stringContaining(test));
  });

  const others = [
    {
      create: (options: PolicyOptions) => new RemembersTheLastEpisode(deterministic, options),
      test: "forgets the last",
    },
    { create: (options: PolicyOptions) => new FillsIn(deterministic, options), test: "names the feature" },
    { create: (options: PolicyOptions) => new ChangesItsShape(chunkConfig(), options), test: "of one shape" },
  ];
  it.each(others)("catches an implementation that fails '$test'", async ({ create, test }) => {
    expect(await failures(create)).toContainEqual(expect.stringContaining(test));
  });
});
