/** A saved reward classifier in a simulated environment, named in either way. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ConfiguredEnv, closeProcessedEnv } from "../../src/envs/processed_env.ts";
import { saveCheckpoint } from "../../src/rewards/classifier/checkpoint.ts";
import { RewardClassifierConfigSchema } from "../../src/rewards/classifier/config.ts";
import { cameraStatistics } from "../../src/rewards/classifier/normalization.ts";
import { RewardClassifier } from "../../src/rewards/classifier/reward_classifier.ts";
import { RewardModelProcessorStep } from "../../src/rewards/reward_model_step.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "../../src/rollout/env_step.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

const CONFIG = "configs/pick_cube_pixels.json";
const DECISION = { success_threshold: 0.8, debounce: 2 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-deployed-"));
  for (const side of [128, 64]) {
    const config = RewardClassifierConfigSchema.parse({
      input_features: { "observation.images.front": { type: "VISUAL", shape: [3, side, side] } },
      ...{ model_name: null, latent_dim: 4, hidden_dim: 4, image_encoder_hidden_dim: 4 },
    });
    const classifier = new RewardClassifier(config);
    const saved = { config, parameters: classifier.parameters(), statistics: cameraStatistics(config) };
    await saveCheckpoint(join(folder, `${side}`), { ...saved, decision: DECISION });
    await classifier.close();
  }
});
const opened: ConfiguredEnv[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await closeProcessedEnv(each);
});
afterAll(() => rm(folder, { recursive: true }));

async function make(...overrides: string[]) {
  const env = await makeProcessedEnv(await loadTrainingConfig(CONFIG, { overrides }));
  opened.push(env);
  return env;
}
const named = (side: number, more: object = {}) =>
  `--handrail.reward_model=${JSON.stringify({ type: "reward_classifier", pretrained_path: join(folder, `${side}`), ...more })}`;
const inLeRobot = (more: object = {}) =>
  `--env.processor.reward_classifier=${JSON.stringify({ pretrained_path: join(folder, "128"), ...more })}`;
const stepOf = ({ envProcessor }: ConfiguredEnv) =>
  envProcessor.steps.at(-1) as RewardModelProcessorStep & { description: string };

describe("a saved reward classifier", () => {
  it("judges in the environment of handrail.reward_model, with its own threshold unless the config has one", async () => {
    expect(stepOf(await make(named(128))).config()).toMatchObject({ ...DECISION, success_reward: 1 });
    const own = { success_threshold: 0.3, debounce: 1, success_reward: 4 };
    expect(stepOf(await make(named(128, own))).config()).toMatchObject(own);
  });

  it("judges where LeRobot's config names it", async () => {
    expect(stepOf(await make(inLeRobot())).config()).toMatchObject({ ...DECISION, success_reward: 1 });
    const own = { success_threshold: 0.3, success_reward: 4 };
    expect(stepOf(await make(inLeRobot(own))).config()).toMatchObject({ ...own, debounce: 2 });
    expect(stepOf(await make(inLeRobot({ pretrained_path: null })))).not.toBeInstanceOf(RewardModelProcessorStep);
    await expect(make(inLeRobot(), named(128))).rejects.toThrow("both name a reward model: remove one of them");
  });

  it("says how images are normalised", async () => {
    expect(stepOf(await make(named(128))).description).toBe(
      'the reward model "reward_classifier", with a success threshold of 0.8; reached 2 times in a row; ' +
        "images are normalised by classifier_preprocessor.json",
    );
    expect(stepOf(await make(named(128, { preprocessor: false }))).description).toContain("not normalised");
  });

  it("is refused where images have another size", async () => {
    await expect(make(named(64))).rejects.toThrow(
      '"observation.images.front" has shape [3, 128, 128], the reward model "reward_classifier" takes [3, 64, 64]',
    );
  });

  it("is refused if it does not exist", async () => {
    await expect(make(named(32))).rejects.toThrow("does not exist");
  });

  it("gives every step a probability of success and its reward", async () => {
    const env = await make(named(128, { success_threshold: 0, debounce: 2, success_reward: 7 }));
    const { observation } = await resetAndBuildTransition(env, { seed: 1 });
    const steps = [];
    for (let i = 0; i < 2; i++) {
      steps.push(
        await stepEnvAndProcessTransition(env, { observation: observation!, action: Tensor.of([4], [0, 0, 0, 1]) }),
      );
    }
    expect(steps.map(({ reward, terminated }) => ({ reward, terminated }))).toEqual([
      { reward: 0, terminated: false },
      { reward: 7, terminated: true },
    ]);
    for (const { signals } of steps) {
      expect(signals.successProbability).toBeGreaterThan(0);
      expect(signals.successProbability).toBeLessThan(1);
    }
  });
});
