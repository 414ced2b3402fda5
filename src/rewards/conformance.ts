/** Conformance suite for reward models: what pipelines and the labelling of datasets rely on. */
import assert from "node:assert/strict";
import { Random } from "../tensor/random.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { TestFunctions } from "../utils/test_functions.ts";
import type { RewardModel } from "./reward_model.ts";

/** The implementation under test. */
export interface RewardModelSubject {
  /** A new model; equal ones every time. */
  create(): RewardModel | Promise<RewardModel>;
  /**
   * An observation that the model may meet. Default: vectors of normally distributed numbers and images of random pixels.
   *
   * @param random Equal generators give equal observations.
   */
  observe?(random: Random): TensorRecord;
}

const STEPS = 5;

/** @returns what a model sees in one episode; equal seeds give equal ones. */
function episodeOf({ inputFeatures }: RewardModel, { observe }: RewardModelSubject, seed: number): TensorRecord[] {
  const random = new Random(seed);
  const any = () =>
    Object.fromEntries(
      Object.entries(inputFeatures).map(([key, { type, shape }]) => {
        const tensor = type === "VISUAL" ? Tensor.zeros(shape, "uint8") : Tensor.zeros(shape);
        for (let i = 0; i < tensor.size; i++)
          tensor.data[i] = type === "VISUAL" ? random.integer(256) : random.normal();
        return [key, tensor] as const;
      }),
    );
  return Array.from({ length: STEPS }, () => observe?.(random) ?? any());
}

async function judge(model: RewardModel, episode: readonly TensorRecord[]): Promise<number[]> {
  model.reset?.();
  const probabilities: number[] = [];
  for (const observation of episode) probabilities.push(await model.judge(observation));
  return probabilities;
}

async function* stream(episode: readonly TensorRecord[]): AsyncGenerator<TensorRecord, void, void> {
  yield* episode;
}

const numbers = (observation: TensorRecord) =>
  Object.fromEntries(Object.entries(observation).map(([key, { data }]) => [key, Array.from(data, Number)]));

/**
 * Runs the suite.
 *
 * @example
 * import { describe, it } from "vitest";
 * describeRewardModel("mine", { create: () => new MyRewardModel() }, { describe, it });
 */
export function describeRewardModel(name: string, subject: RewardModelSubject, { describe, it }: TestFunctions): void {
  const itWith = (what: string, body: (model: RewardModel, episode: TensorRecord[]) => Promise<void>) => {
    it(what, async () => {
      const model = await subject.create();
      try {
        await body(model, episodeOf(model, subject, 5));
      } finally {
        await model.close?.();
      }
    });
  };

  describe(`${name} as a reward model`, () => {
    itWith("declares the features that it looks at, with their shapes", async ({ inputFeatures }, [observation]) => {
      const features = Object.entries(inputFeatures);
      assert.ok(features.length > 0, "it looks at nothing");
      for (const [key, { type, shape }] of features) {
        assert.ok(["VISUAL", "STATE", "ENV"].includes(type), `${key} is ${type}`);
        assert.deepEqual(observation![key]?.shape, shape, `${key} is observed with another shape`);
      }
    });

    itWith("judges every observation at a number from 0 to 1", async (model, episode) => {
      for (const probability of await judge(model, episode)) {
        assert.ok(
          typeof probability === "number" && probability >= 0 && probability <= 1,
          `an observation is judged at ${probability}`,
        );
      }
    });

    itWith("judges an episode the same way again, whatever came before it", async (model, episode) => {
      const judged = await judge(model, episode);
      await judge(model, episodeOf(model, subject, 6));
      assert.deepEqual(await judge(model, episode), judged);
    });

    itWith("judges beside another of its kind as it does alone", async (model, episode) => {
      const others = episodeOf(model, subject, 6);
      const alone = await judge(model, episode);
      const other = await subject.create();
      model.reset?.();
      other.reset?.();
      const beside: number[] = [];
      for (const [step, observation] of episode.entries()) {
        await other.judge(others[step]!);
        beside.push(await model.judge(observation));
      }
      await other.close?.();
      assert.deepEqual(beside, alone);
    });

    itWith("does not change what it is given", async (model, episode) => {
      const before = episode.map(numbers);
      await judge(model, episode);
      assert.deepEqual(episode.map(numbers), before);
    });

    itWith("names the feature that an observation lacks, and reads past others", async (model, episode) => {
      const key = Object.keys(model.inputFeatures)[0]!;
      const { [key]: _, ...others } = episode[0]!;
      model.reset?.();
      await assert.rejects(
        async () => model.judge(others),
        (error) => error instanceof Error && error.message.includes(key),
      );
      const more = episode.map((observation) => ({ ...observation, "observation.no_such_feature": Tensor.zeros([1]) }));
      assert.deepEqual(await judge(model, more), await judge(model, episode));
    });

    itWith("gives every step of an episode a finite value, if it judges in hindsight", async (model, episode) => {
      if (model.judgeEpisode === undefined) return;
      const values = await model.judgeEpisode(stream(episode));
      assert.equal(values.length, STEPS);
      assert.ok(values.every(Number.isFinite), `the values are ${values}`);
      assert.deepEqual(await model.judgeEpisode(stream(episode)), values);
    });

    it("can be closed before it was asked anything, and twice", async () => {
      const model = await subject.create();
      await model.close?.();
      await model.close?.();
    });
  });
}
