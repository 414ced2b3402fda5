/** What a dataset of an environment's steps holds, and the row that one step becomes. */

import type { Feature, Features } from "../datasets/features.ts";
import { cameraFeature, imageSize } from "../datasets/features.ts";
import type { FrameInput, FrameValue } from "../datasets/frame_input.ts";
import { ACTION, COMPLEMENTARY_PREFIX, DONE, REWARD, TRUNCATED } from "../datasets/step_columns.ts";
import type { BoxSpace, Env, Observation, StepResult } from "../envs/env.ts";
import { observationName } from "../processors/observation_step.ts";

/** Numbers that steps report in their info and that are kept with every row; absent ones are 0. */
const COMPLEMENTARY = ["discrete_penalty", "is_intervention"] as const;

const GRIPPER_ACTION = ["delta_x", "delta_y", "delta_z", "gripper"];

/** @param cameras How camera frames are stored. */
export function recordingFeatures(
  { observationSpace, actionSpace }: Pick<Env, "observationSpace" | "actionSpace">,
  cameras: "image" | "video",
): Features {
  const observations = Object.entries(observationSpace).map(([key, space]) => [
    observationName(key),
    observationFeature(key, space, cameras),
  ]);
  const actionShape = [...actionSpace.shape];
  const names = actionShape.join() === "4" ? GRIPPER_ACTION : null;
  const complementary = COMPLEMENTARY.map((name) => [
    COMPLEMENTARY_PREFIX + name,
    { dtype: "float32", shape: [1], names: [name] } satisfies Feature,
  ]);
  return {
    ...Object.fromEntries(observations),
    [ACTION]: { dtype: "float32", shape: actionShape, names },
    [REWARD]: { dtype: "float32", shape: [1], names: null },
    [DONE]: { dtype: "bool", shape: [1], names: null },
    [TRUNCATED]: { dtype: "bool", shape: [1], names: null },
    ...Object.fromEntries(complementary),
  };
}

function observationFeature(key: string, { dtype, shape }: BoxSpace, cameras: "image" | "video"): Feature {
  if (dtype === "float32") return { dtype, shape: [...shape], names: null };
  const [height, width, channels] = shape;
  if (shape.length !== 3)
    throw new Error(`observation "${key}": 8-bit observations are images, height × width × channels`);
  const feature = cameraFeature(cameras, { height: height!, width: width!, channels: channels! });
  imageSize(key, feature);
  return feature;
}

/**
 * @param observation What was seen before the step.
 * @param executed The action that was executed, whoever chose it.
 */
export function recordedStep(observation: Observation, executed: Float32Array, result: StepResult): FrameInput {
  const frame: Record<string, FrameValue> = {
    [ACTION]: executed,
    [REWARD]: result.reward,
    [DONE]: result.terminated,
    [TRUNCATED]: result.truncated,
  };
  for (const [key, value] of Object.entries(observation)) frame[observationName(key)] = value;
  for (const name of COMPLEMENTARY) frame[COMPLEMENTARY_PREFIX + name] = Number(result.info[name] ?? 0);
  return frame;
}
