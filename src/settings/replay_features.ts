/** The features stored for every step: the contract between actors, learner and replay buffers. */
import type { PolicyConfig } from "../policies/policy.ts";
import { policyActionBounds, policyActions } from "../policies/registry.ts";
import type { ActionFeature, ArrayFeature, ReplayFeatures } from "../replay/features.ts";
import type { TrainRLServerPipelineConfig } from "./config.ts";

/**
 * Numbers stored with every transition; 0 if a source has none. `is_intervention` is 0 or 1. `discrete_penalty` goes into
 * the gripper's critic.
 */
export const COMPLEMENTARY_INFO = ["discrete_penalty", "is_intervention"] as const;
const FLAGS: ReadonlySet<string> = new Set(["is_intervention"]);

/**
 * The features of a run's transitions, known from its config alone, so that a learner needs no environment.
 *
 * Observations are the policy's inputs, images as 8 bits. Actions are in the environment's units, within what the policy
 * can choose, with 0 … K−1 for a discrete command.
 *
 * @throws Error for a policy whose config contradicts itself.
 */
export function replayFeaturesOf({ policy }: Pick<TrainRLServerPipelineConfig, "policy">): ReplayFeatures {
  const observation = Object.entries(policy.input_features).map(([key, { type, shape }]): [string, ArrayFeature] => [
    key,
    { dtype: type === "VISUAL" ? "uint8" : "float32", shape },
  ]);
  return {
    observation: Object.fromEntries(observation),
    action: actionFeatureOf(policy),
    complementaryInfo: Object.fromEntries(
      COMPLEMENTARY_INFO.map((name) => [name, { default: 0, ...(FLAGS.has(name) && { flag: true }) }]),
    ),
  };
}

function actionFeatureOf(policy: PolicyConfig): ActionFeature {
  const { length, discrete } = policyActions(policy);
  const { low, high } = policyActionBounds(policy);
  if (discrete === null) return { shape: [length], low, high };
  return {
    shape: [length],
    low: Float32Array.of(...low, 0),
    high: Float32Array.of(...high, discrete - 1),
    discrete: [length - 1],
  };
}
