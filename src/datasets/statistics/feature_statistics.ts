/** Statistics of one feature over one episode or one dataset, and merging episodes into a dataset. */

export const QUANTILES = { q01: 0.01, q10: 0.1, q50: 0.5, q90: 0.9, q99: 0.99 } as const;
export type QuantileName = keyof typeof QUANTILES;
export const QUANTILE_NAMES = Object.keys(QUANTILES) as QuantileName[];

/** One number per dimension: per element of a vector, per colour channel of a camera (in [0, 1]). */
export interface FeatureStatistics extends Readonly<Record<QuantileName, readonly number[]>> {
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  /** Population standard deviation. */
  readonly std: readonly number[];
  /** Number of sampled frames. */
  readonly count: number;
}

export const VECTOR_STATISTICS = ["min", "max", "mean", "std", ...QUANTILE_NAMES] as const;

export type DatasetStatistics = Readonly<Record<string, FeatureStatistics>>;

/**
 * Statistics of the union of two sets. Mean and variance combine exactly (Chan, Golub & LeVeque 1979); quantiles cannot, so
 * as in LeRobot they become bounds: the smaller of the lower ones, the larger of the upper ones.
 */
export function mergeStatistics(a: FeatureStatistics, b: FeatureStatistics): FeatureStatistics {
  if (a.mean.length !== b.mean.length) {
    throw new RangeError(`cannot merge statistics of ${a.mean.length} and ${b.mean.length} dimensions`);
  }
  const count = a.count + b.count;
  const mean = zip(a.mean, b.mean, (x, y) => (x * a.count + y * b.count) / count);
  const std = mean.map((m, i) => {
    const spread = (s: FeatureStatistics) => s.count * (s.std[i]! ** 2 + (s.mean[i]! - m) ** 2);
    return Math.sqrt((spread(a) + spread(b)) / count);
  });
  return {
    min: zip(a.min, b.min, Math.min),
    max: zip(a.max, b.max, Math.max),
    mean,
    std,
    count,
    q01: zip(a.q01, b.q01, Math.min),
    q10: zip(a.q10, b.q10, Math.min),
    q50: zip(a.q50, b.q50, Math.min),
    q90: zip(a.q90, b.q90, Math.max),
    q99: zip(a.q99, b.q99, Math.max),
  };
}

/** Adds an episode's statistics to a dataset's. Both must describe the same features. */
export function mergeDatasetStatistics(total: DatasetStatistics | undefined, episode: DatasetStatistics) {
  if (!total) return episode;
  const merged = Object.entries(episode).map(([key, statistics]): [string, FeatureStatistics] => {
    const sum = total[key];
    return [key, sum ? mergeStatistics(sum, statistics) : statistics];
  });
  return { ...total, ...Object.fromEntries(merged) };
}

function zip(a: readonly number[], b: readonly number[], combine: (x: number, y: number) => number): number[] {
  return a.map((x, i) => combine(x, b[i]!));
}
