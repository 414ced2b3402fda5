/**
 * The columns of a step of experience, with the names of LeRobot's recorder. A row is (observation, action, next reward):
 * the observation before the step, the executed action and its reward.
 *
 * `next.done` is true where the task ended; `next.truncated`, a column that LeRobot ignores, is true where an episode was
 * cut short. In datasets without it (LeRobot's own) `next.done` means "ended", and they are read as terminated there.
 */
import type { ReplayFeatures } from "../../replay/features.ts";
import { cameraFeature, type Feature, type Features } from "./features.ts";

export const ACTION = "action";
export const REWARD = "next.reward";
export const DONE = "next.done";
export const TRUNCATED = "next.truncated";
export const COMPLEMENTARY_PREFIX = "complementary_info.";
/** Whether a person intervened at a step. */
export const INTERVENTION = `${COMPLEMENTARY_PREFIX}is_intervention`;
export const OBSERVATION_PREFIX = "observation.";

export interface StepFeaturesOptions {
  /** Storage of camera frames. */
  readonly cameras: "image" | "video";
  /** Names of the action's elements. */
  readonly actionNames?: readonly string[];
  /** Names of observations' elements, by observation; used if their number matches. */
  readonly observationNames?: Readonly<Record<string, readonly string[]>>;
}

/** Dataset features for steps with these replay features. Images go from channels-first to height × width × channels. */
export function stepFeatures(
  replay: ReplayFeatures,
  { cameras, actionNames, observationNames = {} }: StepFeaturesOptions,
): Features {
  const observations = Object.entries(replay.observation).map(([key, { dtype, shape }]): [string, Feature] => {
    if (!key.startsWith(OBSERVATION_PREFIX)) {
      throw new Error(`observation "${key}": in a dataset its name must begin with "${OBSERVATION_PREFIX}"`);
    }
    if (dtype === "uint8" && shape.length === 3) {
      const [channels, height, width] = shape as [number, number, number];
      return [key, cameraFeature(cameras, { height, width, channels })];
    }
    const names = observationNames[key];
    const fits = names !== undefined && shape.join() === String(names.length);
    return [key, { dtype, shape: shape.length === 0 ? [1] : [...shape], names: fits ? [...names] : null }];
  });
  const complementary = Object.keys(replay.complementaryInfo ?? {}).map((name): [string, Feature] => [
    COMPLEMENTARY_PREFIX + name,
    { dtype: "float32", shape: [1], names: [name] },
  ]);
  return {
    ...Object.fromEntries(observations),
    [ACTION]: { dtype: "float32", shape: [...replay.action.shape], names: actionNames ? [...actionNames] : null },
    [REWARD]: { dtype: "float32", shape: [1], names: null },
    [DONE]: { dtype: "bool", shape: [1], names: null },
    [TRUNCATED]: { dtype: "bool", shape: [1], names: null },
    ...Object.fromEntries(complementary),
  };
}
