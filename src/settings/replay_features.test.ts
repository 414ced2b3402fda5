import { expect, test } from "vitest";
import { assertFeatures } from "../replay/features.ts";
import { loadTrainingConfig } from "./load_training_config.ts";
import { replayFeaturesOf } from "./replay_features.ts";

const of = async (file: string, overrides: readonly string[] = []) =>
  replayFeaturesOf(await loadTrainingConfig(`configs/${file}`, { overrides }));

test("the policy's inputs are stored, images as bytes, with the action's range and the gripper's", async () => {
  const features = await of("pick_cube_pixels.json");
  assertFeatures(features);
  expect(features).toEqual({
    observation: {
      "observation.images.front": { dtype: "uint8", shape: [3, 128, 128] },
      "observation.images.wrist": { dtype: "uint8", shape: [3, 128, 128] },
      "observation.state": { dtype: "float32", shape: [18] },
    },
    action: { shape: [4], low: Float32Array.of(-1, -1, -1, 0), high: Float32Array.of(1, 1, 1, 2), discrete: [3] },
    complementaryInfo: { discrete_penalty: { default: 0 }, is_intervention: { default: 0, flag: true } },
  });
});

test("one bound may stand for all elements, and without a gripper there is none", async () => {
  const { action } = await of("pick_cube.json", [
    "--policy.num_discrete_actions=null",
    "--policy.dataset_stats.action.min=-0.03",
    "--policy.dataset_stats.action.max=[0.01,0.02,0.03]",
  ]);
  expect(action.shape).toEqual([3]);
  expect(action.discrete).toBeUndefined();
  expect(action.low).toEqual(Float32Array.of(-0.03, -0.03, -0.03));
  expect(action.high).toEqual(Float32Array.of(0.01, 0.02, 0.03));
});

test.each([
  ["min[1] is 2, which is above max[1], 1", "--policy.dataset_stats.action.min=[-1,2,-1]"],
  ["dataset_stats.action.max has 4 numbers, but 3 are chosen", "--policy.dataset_stats.action.max=[1,1,1,2]"],
])("a range that is none is refused: %s", async (message, override) => {
  await expect(of("pick_cube.json", [override])).rejects.toThrow(message);
});

test("only MIN_MAX gives a range", async () => {
  const { action } = await of("pick_cube.json", ["--policy.normalization_mapping.ACTION=IDENTITY"]);
  expect(action.low).toEqual(Float32Array.of(-Infinity, -Infinity, -Infinity, 0));
  expect(action.high).toEqual(Float32Array.of(Infinity, Infinity, Infinity, 2));
});
