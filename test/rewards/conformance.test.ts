import "../../examples/reward_model.ts";
import { describe, expect, it } from "vitest";
import { describeRewardModel } from "../../src/rewards/conformance.ts";
import { makeRewardModel } from "../../src/rewards/registry.ts";
import type { RewardModel } from "../../src/rewards/reward_model.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { failedTests } from "../failed_tests.ts";
import { Seen } from "./seen.ts";

describeRewardModel(
  "the example of a reward model of one's own",
  { create: () => makeRewardModel({ type: "cube_height" }) },
  { describe, it },
);
describeRewardModel(
  "a model of images that remembers and judges in hindsight",
  { create: () => new Seen() },
  { describe, it },
);

/** The tests of the suite that an implementation fails. */
async function failures(create: () => RewardModel): Promise<string[]> {
  return await failedTests((runner) => describeRewardModel("broken", { create }, runner));
}

class IsAlmostAProbability extends Seen {
  override async judge(observation: TensorRecord) {
    return (await super.judge(observation)) + 1;
  }
}

class Forgets extends Seen {
  override reset() {}
}

let shared = 0;
class SharesItsMemory extends Seen {
  override async judge(observation: TensorRecord) {
    const judged = await super.judge(observation);
    shared = (shared + judged) / 2;
    return shared;
  }
  override reset() {
    shared = 0;
    super.reset();
  }
}

class Overwrites extends Seen {
  override async judge(observation: TensorRecord) {
    const judged = await super.judge(observation);
    observation["observation.state"]!.data[0] = 0;
    return judged;
  }
}

class FillsIn extends Seen {
  override async judge(observation: TensorRecord) {
    const blank = {
      "observation.images.front": Tensor.zeros([3, 4, 4], "uint8"),
      "observation.state": Tensor.zeros([2]),
    };
    return await super.judge({ ...blank, ...observation });
  }
}

class LooksAtNothing extends Seen {
  override readonly inputFeatures = {} as Seen["inputFeatures"];
}

class LosesAStep extends Seen {
  override async judgeEpisode(observations: AsyncIterable<TensorRecord>) {
    return (await super.judgeEpisode(observations)).slice(1);
  }
}

class ClosesOnce extends Seen {
  #closed = false;
  override close() {
    if (this.#closed) throw new Error("closed already");
    this.#closed = true;
  }
}

describe("the conformance suite of reward models", () => {
  it.each([
    { Broken: IsAlmostAProbability, test: "at a number from 0 to 1" },
    { Broken: Forgets, test: "the same way again, whatever came before it" },
    { Broken: SharesItsMemory, test: "beside another of its kind as it does alone" },
    { Broken: Overwrites, test: "does not change what it is given" },
    { Broken: FillsIn, test: "names the feature that an observation lacks" },
    { Broken: LooksAtNothing, test: "declares the features" },
    { Broken: LosesAStep, test: "gives every step of an episode a finite value" },
    { Broken: ClosesOnce, test: "can be closed" },
  ])("catches $Broken.name", async ({ Broken, test }) => {
    expect(await failures(() => new Broken())).toContainEqual(expect.stringContaining(test));
  });

  it("passes the model that they were made of", async () => {
    expect(await failures(() => new Seen())).toEqual([]);
  });
});
