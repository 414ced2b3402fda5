/** What a run stores of every step: the contract between actors, learner and replay buffers. */
import type { GaussianActorConfig } from "../policies/gaussian_actor/config.ts";
import { flattenStatistic } from "../processors/affine.ts";
import type { ActionFeature, ArrayFeature, ReplayFeatures } from "../replay/features.ts";
import type { TrainRLServerPipelineConfig } from "./config.ts";
import { actionLengthOf, gaussianActorConfigOf } from "./policy_config.ts";

/**
 * Numbers kept beside every transition; 0 where a source has none. `is_intervention` is 0 or 1, `discrete_penalty` is paid
 * by the gripper's critic.
 */
export const COMPLEMENTARY_INFO = ["discrete_penalty", "is_intervention"] as const;
const FLAGS: ReadonlySet<string> = new Set(["is_intervention"]);

/**
 * The features of a run's transitions, known from its config alone, so that a learner needs no environment.
 *
 * Observations are the policy's inputs, images as 8 bits. Actions are in the environment's units, within what the policy
 * can choose: its MIN_MAX statistics, and 0 … K−1 for the gripper.
 *
 * @throws Error for a policy type that is not trained online.
 */
export function replayFeaturesOf(config: Pick<TrainRLServerPipelineConfig, "policy">): ReplayFeatures {
  const policy = gaussianActorConfigOf(config);
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

const ACTION_STATS = "policy.dataset_stats.action";

function actionFeatureOf(policy: GaussianActorConfig): ActionFeature {
  const { normalization_mapping, dataset_stats, num_discrete_actions } = policy;
  const length = actionLengthOf(policy);
  const stats = normalization_mapping.ACTION === "MIN_MAX" ? dataset_stats?.action : undefined;
  const continuous = policy.output_features.action!.shape[0]!;
  const bounds = (name: "min" | "max", otherwise: number, gripper: number) => {
    const values = stats?.[name] === undefined ? [otherwise] : [...flattenStatistic(stats[name])];
    const all = values.length === 1 ? Array<number>(continuous).fill(values[0]!) : values;
    if (all.length !== continuous)
      throw new Error(`${ACTION_STATS}.${name} has ${all.length} numbers, but ${continuous} are chosen`);
    return Float32Array.from(num_discrete_actions === null ? all : [...all, gripper]);
  };
  const low = bounds("min", Number.NEGATIVE_INFINITY, 0);
  const high = bounds("max", Number.POSITIVE_INFINITY, (num_discrete_actions ?? 1) - 1);
  const inverted = low.findIndex((bound, i) => bound > high[i]!);
  if (inverted >= 0)
    throw new Error(
      `${ACTION_STATS}: min[${inverted}] is ${low[inverted]}, which is above max[${inverted}], ${high[inverted]}`,
    );
  return {
    shape: [length],
    low,
    high,
    ...(num_discrete_actions !== null && { whole: [length - 1] }),
  };
}
