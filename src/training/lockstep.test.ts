import { afterAll, describe, expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import { Pendulum } from "../envs/pendulum.ts";
import { GaussianActorConfigSchema } from "../policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../policies/gaussian_actor/policy.ts";
import { makeGaussianActorPrePostProcessors } from "../policies/gaussian_actor/processors.ts";
import { Random, Tensor } from "../tensor/index.ts";
import { chooseAction, evaluateReturns } from "./lockstep.ts";

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
const acting = { env: new Pendulum(), policy, processors: makeGaussianActorPrePostProcessors(config) };
const observation = { [STATE]: Float32Array.of(1, 0, 0) };
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
    const [torque] = await chooseAction(acting, observation, { deterministic: true });
    expect(torque).toBeCloseTo(0.25 * 6, 5);
  });

  it("stays within the environment's bounds", async () => {
    answerAlways(3);
    expect(await chooseAction(acting, observation, { deterministic: true })).toEqual(Float32Array.of(2));
    answerAlways(-3);
    expect(await chooseAction(acting, observation, { deterministic: true })).toEqual(Float32Array.of(-2));
  });

  it("explores unless it is to be deterministic", async () => {
    answerAlways(0.1);
    const first = await chooseAction(acting, observation, { deterministic: false });
    expect(await chooseAction(acting, observation, { deterministic: false })).not.toEqual(first);
    const best = await chooseAction(acting, observation, { deterministic: true });
    expect(await chooseAction(acting, observation, { deterministic: true })).toEqual(best);
  });
});

describe("evaluation", () => {
  it("plays whole episodes from their own seeds and without noise, so that it can be repeated", async () => {
    answerAlways(0);
    const returns = await evaluateReturns({ ...acting, episodes: 3, seed: 10 });
    expect(returns).toHaveLength(3);
    expect(new Set(returns).size).toBe(3);
    expect(await evaluateReturns({ ...acting, episodes: 3, seed: 10 })).toEqual(returns);
    expect(await evaluateReturns({ ...acting, episodes: 1, seed: 11 })).toEqual([returns[1]]);
    expect(Math.max(...returns)).toBeLessThan(0);
  });
});
