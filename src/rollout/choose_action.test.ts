import { afterAll, describe, expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import { Pendulum } from "../envs/pendulum.ts";
import { GaussianActorConfigSchema } from "../policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../policies/gaussian_actor/policy.ts";
import { makeGaussianActorPrePostProcessors } from "../policies/gaussian_actor/processors.ts";
import { Random, Tensor } from "../tensor/index.ts";
import { chooseAction } from "./choose_action.ts";

const STATE = "observation.state";
/** Statistics that reach three times as far as the motor. */
const config = parseConfig(GaussianActorConfigSchema, {
  type: "gaussian_actor",
  input_features: { [STATE]: { type: "STATE", shape: [3] } },
  output_features: { action: { type: "ACTION", shape: [1] } },
  dataset_stats: { [STATE]: { min: [-1, -1, -8], max: [1, 1, 8] }, action: { min: [-6], max: [6] } },
  latent_dim: 8,
  actor_network_kwargs: { hidden_dims: [8] },
});
const policy = new GaussianActorPolicy(config, { random: new Random(1), threads: 1 });
const { actionSpace } = new Pendulum();
const acting = { actionSpace, policy, processors: makeGaussianActorPrePostProcessors(config) };
const observation = { [STATE]: Tensor.of([3], [1, 0, 0]) };
afterAll(() => policy.dispose());

/** Makes the policy's mean the same everywhere. */
function answerAlways(mean: number): void {
  const weights = policy.weights();
  policy.loadWeights({
    ...weights,
    "actor.mean_layer.weight": Tensor.zeros(weights["actor.mean_layer.weight"]!.shape),
    "actor.mean_layer.bias": Tensor.of([1], [mean]),
  });
}

describe("choosing an action for an environment", () => {
  it("takes the policy's action back to the environment's units", async () => {
    answerAlways(Math.atanh(0.25));
    const { shape, data } = await chooseAction(acting, observation, { deterministic: true });
    expect(shape).toEqual([1, 1]);
    expect(data[0]).toBeCloseTo(0.25 * 6, 5);
  });

  it("stays within the environment's bounds", async () => {
    answerAlways(3);
    expect((await chooseAction(acting, observation, { deterministic: true })).data).toEqual(Float32Array.of(2));
    answerAlways(-3);
    expect((await chooseAction(acting, observation, { deterministic: true })).data).toEqual(Float32Array.of(-2));
  });

  it("explores unless it is to be deterministic", async () => {
    answerAlways(0.1);
    const first = await chooseAction(acting, observation, { deterministic: false });
    expect(await chooseAction(acting, observation, { deterministic: false })).not.toEqual(first);
    const best = await chooseAction(acting, observation, { deterministic: true });
    expect(await chooseAction(acting, observation, { deterministic: true })).toEqual(best);
  });

  it("takes the first of a chunk of actions", async () => {
    const chunks = { act: async () => Tensor.of([1, 3, 1], [0.25, 0.5, 0.75]) };
    const { shape, data } = await chooseAction({ ...acting, policy: chunks }, observation, { deterministic: true });
    expect(shape).toEqual([1, 1]);
    expect(data[0]).toBeCloseTo(0.25 * 6, 5);
  });
});
