import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import { loadSafetensors, saveSafetensors } from "../../tensor/safetensors/file.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { loadPretrainedPolicy } from "../registry.ts";
import { type GaussianActorConfig, GaussianActorConfigSchema } from "./config.ts";
import { GaussianActorPolicy } from "./policy.ts";

let folder: string;
let weights: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-policy-"));
  const policy = new GaussianActorPolicy(
    parseConfig(GaussianActorConfigSchema, {
      type: "gaussian_actor",
      input_features: { "observation.state": { type: "STATE", shape: [2] } },
      output_features: { action: { type: "ACTION", shape: [1] } },
      dataset_stats: { "observation.state": { min: [0, 0], max: [9, 9] }, action: { min: [-1], max: [1] } },
      latent_dim: 4,
    }),
  );
  await policy.savePretrained(folder);
  weights = Object.keys(policy.weights()).sort();
  await policy.dispose();
});
afterEach(() => rm(folder, { recursive: true }));

/** Adds the extra tensors that older versions saved with a policy. */
async function addOldTensors(): Promise<void> {
  const file = join(folder, "model.safetensors");
  const { tensors, metadata } = await loadSafetensors(file);
  const numbers = (...values: number[]) => Tensor.of([values.length], values);
  const old = {
    "normalize_inputs.buffer_observation_state.min": numbers(-1, -2),
    "normalize_inputs.buffer_observation_state.max": numbers(1, 2),
    "unnormalize_outputs.buffer_action.min": numbers(Number.NEGATIVE_INFINITY),
    "critic_ensemble.critics.0.output_layer.weight": numbers(0),
    log_alpha: numbers(0),
  };
  await saveSafetensors(file, { ...tensors, ...old }, metadata);
}

async function writeConfig(changes: object): Promise<void> {
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...changes }));
}

test("a policy of LeRobot's old type is read with the statistics saved among its weights", async () => {
  await addOldTensors();
  await writeConfig({ type: "sac", discount: 0.97, num_critics: 2, online_env_seed: 1 });
  const warnings: string[] = [];
  const policy = await loadPretrainedPolicy(folder, { warn: (message) => warnings.push(message) });
  expect(policy.config.type).toBe("gaussian_actor");
  expect((policy.config as GaussianActorConfig).dataset_stats).toEqual({
    "observation.state": { min: [-1, -2], max: [1, 2] },
    action: { min: [-1], max: [1] },
  });
  expect(Object.keys(policy.weights()).sort()).toEqual(weights);
  expect(warnings).toEqual([
    `${folder} is in the form of LeRobot 0.3 or older: the statistics saved among its weights replace its config's; ` +
      "left out because they do not belong to the policy: critic_ensemble.critics.0.output_layer.weight, log_alpha",
  ]);
});

test("a current policy with old tensors beside its own keeps its config's statistics", async () => {
  await addOldTensors();
  const policy = await GaussianActorPolicy.fromPretrained(folder);
  expect(policy.config.dataset_stats!["observation.state"]).toEqual({ min: [0, 0], max: [9, 9] });
});

test("unknown tensors are still named", async () => {
  const file = join(folder, "model.safetensors");
  const { tensors } = await loadSafetensors(file);
  await saveSafetensors(file, { ...tensors, strange: Tensor.of([1], [1]) });
  await expect(GaussianActorPolicy.fromPretrained(folder)).rejects.toThrow("unexpected: strange");
});
