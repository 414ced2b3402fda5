import { afterEach, expect, test } from "vitest";
import { parseConfig } from "../config/parse.ts";
import { PandaEnv } from "../envs/panda_pick_cube/panda_env.ts";
import type { ProcessedEnv } from "../envs/processed_env.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "../rollout/env_step.ts";
import { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "../settings/config.ts";
import { loadTrainingConfig } from "../settings/load_training_config.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type MakeProcessedEnvOptions, makeProcessedEnv } from "./make_processed_env.ts";

const opened: ProcessedEnv[] = [];
afterEach(async () => {
  for (const { env } of opened.splice(0)) await env.close();
});

async function make(overrides: readonly string[], file = "pick_cube.json", options: MakeProcessedEnvOptions = {}) {
  const processed = await makeProcessedEnv(await loadTrainingConfig(`configs/${file}`, { overrides }), options);
  opened.push(processed);
  return processed;
}

const command = (...values: number[]) => ({ observation: null, action: Tensor.of([4], values) });

test("the preset's environment shows what its policy sees, and can be watched", async () => {
  const processed = await make([]);
  const { observation } = await resetAndBuildTransition(processed, { seed: 1 });
  expect(Object.entries(observation!).map(([key, { shape }]) => [key, shape])).toEqual([
    ["observation.state", [18]],
    ["observation.environment_state", [3]],
  ]);
  expect(processed.scene?.observe().objectPositionM[0]).toBeCloseTo(
    observation!["observation.environment_state"]!.data[0] as number,
  );
});

test("images are rendered when the policy sees images, cropped and resized to its size, as 8 bits", async () => {
  const processed = await make(
    [
      '--env.processor.image_preprocessing={"crop_params_dict":{"observation.images.front":[16,16,96,96]},"resize_size":[64,64]}',
      '--policy.input_features={"observation.images.front":{"type":"VISUAL","shape":[3,64,64]},"observation.state":{"type":"STATE","shape":[18]}}',
    ],
    "pick_cube_pixels.json",
  );
  const { observation } = await resetAndBuildTransition(processed, { seed: 1 });
  expect(observation!["observation.images.front"]).toMatchObject({ dtype: "uint8", shape: [3, 64, 64] });
});

test("an episode is truncated after control_time_s, the environment does not end it earlier", async () => {
  const processed = await make(["--env.processor.reset.control_time_s=12"]);
  await resetAndBuildTransition(processed, { seed: 1 });
  let steps = 0;
  for (let over = false; !over; steps++) {
    const { truncated, terminated } = await stepEnvAndProcessTransition(processed, command(0, 0, 0, 1));
    expect(terminated).toBe(false);
    over = truncated;
  }
  expect(steps).toBe(120);
});

test("fps is the control rate of the simulation, the gripper's penalty its own", async () => {
  const processed = await make(["--env.fps=20", "--env.processor.gripper.gripper_penalty=-0.5"]);
  expect(processed.env.controlFrequencyHz).toBeCloseTo(20);
  await resetAndBuildTransition(processed, { seed: 1 });
  const { complementaryData } = await stepEnvAndProcessTransition(processed, command(0, 0, 0, 0));
  expect(complementaryData).toMatchObject({ discrete_penalty: -0.5, is_intervention: 0 });
});

test("every episode begins with the configured joint positions", async () => {
  const processed = await make(["--env.processor.reset.fixed_reset_joint_positions=[0.1,0.195,0,-2.43,0,2.62,0.785]"]);
  for (const seed of [1, 2]) {
    const { observation } = await resetAndBuildTransition(processed, { seed });
    expect(observation!["observation.state"]!.data[0]).toBeCloseTo(0.1);
  }
});

test("the seed decides where the cube of the first episode lies", async () => {
  const cube = async (seed: number) => {
    const { observation } = await resetAndBuildTransition(await make([], "pick_cube.json", { seed }));
    return [...observation!["observation.environment_state"]!.data];
  };
  expect(await cube(3)).toEqual(await cube(3));
  expect(await cube(3)).not.toEqual(await cube(4));
});

test("options under handrail.environment reach the environment and have the last word", async () => {
  const fixed = await make(["--handrail.environment.random_block_position=false"]);
  const { observation } = await resetAndBuildTransition(fixed, { seed: 5 });
  expect([...observation!["observation.environment_state"]!.data].slice(0, 2).map(Number)).toEqual([0.5, 0]);
  await expect(make(["--handrail.environment.random_blok_position=true"])).rejects.toThrow(
    'Did you mean "randomBlockPosition"',
  );
});

test("every difference to what the policy sees and does is named", async () => {
  const features =
    '{"observation.state":{"type":"STATE","shape":[15]},"observation.images.top":{"type":"VISUAL","shape":[3,128,128]}}';
  const wrong = make([`--policy.input_features=${features}`, "--policy.num_discrete_actions=null"]);
  const message = await wrong.then(String, (error: Error) => error.message);
  expect(message).toContain('"observation.state" has shape [18], the policy takes [15]');
  expect(message).toContain('"observation.images.top" is not shown; there is: observation.state');
  expect(message).toContain("actions have 4 elements, the policy chooses 3");
});

test("what can't be made says why", async () => {
  await expect(make(["--env.name=real_robot"])).rejects.toThrow(
    'env.name is "real_robot", which this version cannot drive yet',
  );
  await expect(make(["--env.task=PandaPickCub-v0"])).rejects.toThrow(
    /unknown environment "PandaPickCub-v0".*PandaPickCube-v0/,
  );
  await expect(make(["--env.task=null"])).rejects.toThrow("env.task names no environment");
  await expect(make(["--env.fps=30"])).rejects.toThrow("env.fps is 30");
  const config: TrainRLServerPipelineConfig = parseConfig(TrainRLServerPipelineConfigSchema, {
    policy: {
      type: "gaussian_actor",
      input_features: { s: { type: "STATE", shape: [1] } },
      output_features: { action: { type: "ACTION", shape: [1] } },
    },
  });
  await expect(makeProcessedEnv(config)).rejects.toThrow("the config has no env");
});

test("the simulation stays reachable behind the pipelines", async () => {
  expect((await make([])).env).toBeInstanceOf(PandaEnv);
});
