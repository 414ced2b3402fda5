import { expect, test } from "vitest";
import { ConfigError } from "../config/error.ts";
import { loadConfig } from "../config/load.ts";
import { migrateTrainingConfig } from "../config/migrate.ts";
import { parseConfig } from "../config/parse.ts";
import { GaussianActorConfigSchema } from "../policies/gaussian_actor/config.ts";
import { makeGaussianActorPrePostProcessors } from "../policies/gaussian_actor/processors.ts";
import { TrainRLServerPipelineConfigSchema } from "./config.ts";

const PRESETS = ["configs/pick_cube.json", "configs/pick_cube_pixels.json"];
const POLICY = {
  type: "gaussian_actor",
  input_features: { "observation.state": { type: "STATE", shape: [18] } },
  output_features: { action: { type: "ACTION", shape: [3] } },
};

function parse(config: unknown) {
  return parseConfig(TrainRLServerPipelineConfigSchema, config);
}

test("only the policy must be given; the rest has LeRobot's defaults", () => {
  expect(parse({ policy: POLICY })).toMatchObject({
    algorithm: { type: "sac", discount: 0.99 },
    mixer: "online_offline",
    online_ratio: 0.5,
    batch_size: 8,
    seed: 1000,
    log_freq: 200,
    save_freq: 20_000,
    dataset: null,
    env: null,
  });
});

test.each(PRESETS)("%s parses, and its statistics fit its features", async (path) => {
  const config = await loadConfig(TrainRLServerPipelineConfigSchema, path);
  expect(config).toMatchObject({
    env: { type: "gym_manipulator", fps: 10 },
    algorithm: { discount: 0.97, utd_ratio: 2 },
  });
  const policy = parseConfig(GaussianActorConfigSchema, config.policy);
  const { preprocessor } = makeGaussianActorPrePostProcessors(policy);
  expect(preprocessor.outputFeatures?.observation).toEqual(policy.input_features);
});

test.each(PRESETS)("%s parses again to itself once resolved", async (path) => {
  const config = await loadConfig(TrainRLServerPipelineConfigSchema, path);
  expect(parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
});

test("overrides reach every part, presets included", async () => {
  const overrides = ["--algorithm.type=rlpd", "--algorithm.utd_ratio=4", "--env.fps=20", "--policy.latent_dim=64"];
  const config = await loadConfig(TrainRLServerPipelineConfigSchema, PRESETS[0]!, { overrides });
  expect(config).toMatchObject({
    algorithm: { type: "sac", num_critics: 10, utd_ratio: 4, discount: 0.99 },
    env: { fps: 20 },
    policy: { latent_dim: 64 },
  });
});

test.each([
  [{ policy: POLICY, algorithm: { type: "sca" } }, 'algorithm.type: unknown algorithm type "sca". Did you mean "sac"?'],
  [{ policy: { ...POLICY, discount: 0.97 } }, 'policy.discount: unknown key. Did you mean "algorithm.discount"?'],
  [{ policy: { ...POLICY, type: "sac" } }, 'policy.type: LeRobot split its "sac" policy in two'],
  [
    { policy: POLICY, env: { type: "gym_manipulator", processor: { gripper: { gripper_penalty: 0.02 } } } },
    "env.processor.gripper.gripper_penalty: must be at most 0, got 0.02",
  ],
  [
    { policy: POLICY, handrail: { updates_per_step: { min: 2, max: 1 } } },
    "handrail.updates_per_step.min: must not be above max (1)",
  ],
  [{}, 'policy: is required: an object with a "type" (one of "gaussian_actor")'],
])("%j is refused", (config, message) => {
  expect(() => parse(config)).toThrow(message);
});

test("a config of the old kind is refused as it is and runs after migration", () => {
  const old = {
    policy: { ...POLICY, type: "sac", discount: 0.97, num_critics: 2, online_env_seed: 1 },
    eval_freq: 500,
  };
  expect(() => parse(old)).toThrow(ConfigError);
  expect(parse(migrateTrainingConfig(old).config)).toMatchObject({
    policy: { type: "gaussian_actor" },
    algorithm: { type: "sac", discount: 0.97 },
    env_eval_freq: 500,
  });
});
