/** The environment type of examples/slider.ts, as its config and `handrail train` use it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { registerEnvType, settingsOfEnv } from "../../src/envs/env_types.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "../../src/rollout/env_step.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { handrail } from "../cli/run_cli.ts";

const CONFIG = "examples/slider.json";
const PLUGINS = ["./examples/slider.ts"];

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "handrail-slider-"));
});
afterAll(() => rm(root, { recursive: true }));

it("a config names it by its type, with its own keys, and its mistakes are named", async () => {
  const config = await loadTrainingConfig(CONFIG, { plugins: PLUGINS, overrides: ["--env.episode_s=1"] });
  expect(settingsOfEnv(config.env!)).toEqual({
    fps: 20,
    task: null,
    taskInWords: "slide to the mark",
    episodeTimeS: 1,
  });
  const wrong = loadTrainingConfig(CONFIG, { plugins: PLUGINS, overrides: ["--env.rail=2"] });
  await expect(wrong).rejects.toThrow("env.rail");
});

it("the policy acts in its own space: a step of the pipeline makes it the environment's", async () => {
  const processedEnv = await makeProcessedEnv(await loadTrainingConfig(CONFIG, { plugins: PLUGINS }));
  const before = await resetAndBuildTransition(processedEnv, { seed: 3 });
  const position = ({ observation }: typeof before) => Number(observation!["observation.state"]!.data[0]);
  const rest = Tensor.of([1], processedEnv.restingAction);
  const still = await stepEnvAndProcessTransition(processedEnv, { observation: before.observation, action: rest });
  expect(position(still)).toBe(position(before));
  const action = Tensor.of([1], [0.5]);
  const after = await stepEnvAndProcessTransition(processedEnv, { observation: still.observation, action });
  expect(position(after)).toBeCloseTo(position(still) + 0.05, 6);
  await processedEnv.env.close();
});

it("a type cannot be registered twice", () => {
  const again = () => registerEnvType("gym_manipulator", undefined as never);
  expect(again).toThrow();
});

it("`handrail train` learns it until it is solved", async () => {
  const { code, output, errors } = await handrail(
    ...["train", "--config", CONFIG, "--plugin", ...PLUGINS, "--no-dashboard", `--output_dir=${join(root, "run")}`],
    ...["--eval.n_episodes=20", "--handrail.solved.success_rate=0.9"],
  );
  expect({ code, errors }).toEqual({ code: 0, errors: expect.any(String) });
  expect(output).toContain("Solved: the policy does the task without help.");
});
