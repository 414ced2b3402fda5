/** Bounds of a policy's actions in the environment's units, for actions normalised to [−1, 1]. */
import type { DatasetStats, NormalizationMapping } from "../config/schema/features.ts";
import { flattenStatistic } from "../processors/steps/affine.ts";
import type { PolicyConfig } from "./policy.ts";

/** Bounds of the continuous elements of an action, in the environment's units; infinite if unbounded. */
export interface ActionBounds {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

export interface NormalizedPolicyConfig extends PolicyConfig {
  readonly normalization_mapping: NormalizationMapping;
  readonly dataset_stats: DatasetStats | null;
}

const ACTION_STATS = "policy.dataset_stats.action";

/**
 * With MIN_MAX normalisation, −1 and 1 become the statistics' min and max.
 *
 * @throws Error for statistics of the wrong length, and for a min above its max.
 */
export function actionBoundsOf(config: NormalizedPolicyConfig): ActionBounds {
  const { normalization_mapping, dataset_stats, output_features } = config;
  const stats = normalization_mapping.ACTION === "MIN_MAX" ? dataset_stats?.action : undefined;
  const continuous = output_features.action!.shape[0]!;
  const bounds = (name: "min" | "max", otherwise: number) => {
    const values = stats?.[name] === undefined ? [otherwise] : [...flattenStatistic(stats[name])];
    const all = values.length === 1 ? Array<number>(continuous).fill(values[0]!) : values;
    if (all.length !== continuous)
      throw new Error(`${ACTION_STATS}.${name} has ${all.length} numbers, but ${continuous} are chosen`);
    return Float32Array.from(all);
  };
  const low = bounds("min", Number.NEGATIVE_INFINITY);
  const high = bounds("max", Number.POSITIVE_INFINITY);
  const inverted = low.findIndex((bound, i) => bound > high[i]!);
  if (inverted >= 0)
    throw new Error(
      `${ACTION_STATS}: min[${inverted}] is ${low[inverted]}, which is above max[${inverted}], ${high[inverted]}`,
    );
  return { low, high };
}
