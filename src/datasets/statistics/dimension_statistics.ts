/** Statistics of one dimension: exact moments, and quantiles from a histogram with LeRobot's bins. */
import { type FeatureStatistics, QUANTILES, type QuantileName } from "./feature_statistics.ts";

const BINS = 5000;
const MARGIN = 1e-10;

export interface DimensionStatistics extends Readonly<Record<QuantileName, number>> {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
}

/**
 * @param values Values of the dimension, at least one; repeated values are allowed.
 * @param weights Number of occurrences of each value. Default: 1.
 */
export function dimensionStatistics(values: ArrayLike<number>, weights?: ArrayLike<number>): DimensionStatistics {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let total = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights ? weights[i]! : 1;
    if (weight === 0) continue;
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    total += weight;
    sum += weight * value;
  }
  if (total === 0) throw new RangeError("statistics need at least one value");
  const mean = sum / total;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights ? weights[i]! : 1;
    if (weight !== 0) squares += weight * (values[i]! - mean) ** 2;
  }
  const moments = { min, max, mean, std: Math.sqrt(squares / total) };
  if (total < 2) return { ...moments, q01: mean, q10: mean, q50: mean, q90: mean, q99: mean };
  fillHistogram(values, weights, min, max);
  return { ...moments, ...histogramQuantiles(total, min - MARGIN, max + MARGIN) };
}

/** Reused for every dimension: an episode has dozens. */
const counts = new Float64Array(BINS);

function fillHistogram(
  values: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
  min: number,
  max: number,
): void {
  counts.fill(0);
  const low = min - MARGIN;
  const width = (max - min + 2 * MARGIN) / BINS;
  for (let i = 0; i < values.length; i++) {
    const weight = weights ? weights[i]! : 1;
    if (weight === 0) continue;
    const value = values[i]!;
    let bin = Math.floor((value - low) / width);
    // A value on an edge belongs to the bin of the rounded edge, as in NumPy.
    if (value < low + bin * width) bin--;
    else if (value >= low + (bin + 1) * width) bin++;
    counts[Math.min(BINS - 1, Math.max(0, bin))]! += weight;
  }
}

/** For each q, ascending: the first bin whose cumulative count reaches q·n, interpolated linearly inside. */
function histogramQuantiles(total: number, low: number, high: number): Record<QuantileName, number> {
  const width = (high - low) / BINS;
  let before = 0;
  let bin = 0;
  const quantile = (q: number): number => {
    const target = q * total;
    while (bin < BINS - 1 && before + counts[bin]! < target) before += counts[bin++]!;
    const left = low + bin * width;
    if (bin === 0 || counts[bin] === 0) return left;
    return left + ((target - before) / counts[bin]!) * width;
  };
  const { q01, q10, q50, q90, q99 } = QUANTILES;
  return { q01: quantile(q01), q10: quantile(q10), q50: quantile(q50), q90: quantile(q90), q99: quantile(q99) };
}

/** Joins dimensions. */
export function featureStatistics(dimensions: readonly DimensionStatistics[], count: number): FeatureStatistics {
  const pick = (name: keyof DimensionStatistics) => dimensions.map((dimension) => dimension[name]);
  return {
    min: pick("min"),
    max: pick("max"),
    mean: pick("mean"),
    std: pick("std"),
    count,
    q01: pick("q01"),
    q10: pick("q10"),
    q50: pick("q50"),
    q90: pick("q90"),
    q99: pick("q99"),
  };
}
