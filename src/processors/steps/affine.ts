/**
 * Normalisation in every mode as y = x·scale + offset, per element or per image channel. In this form the inverse is
 * exact, and a compiled graph can apply the same numbers.
 */
import type { NormalizationMode, Statistic } from "../../config/schema/features.ts";
import type { TypedArray } from "../../tensor/dtype.ts";

export interface Affine {
  /** One per element, per channel, or one for all. */
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

/** Every element type but the 64-bit integers. */
export type NumericArray = Exclude<TypedArray, BigInt64Array | BigUint64Array>;

/** Names of the statistics a mode needs, low end first. */
export const REQUIRED_STATISTICS: Readonly<Record<NormalizationMode, readonly [string, string] | null>> = {
  IDENTITY: null,
  MEAN_STD: ["mean", "std"],
  MIN_MAX: ["min", "max"],
  QUANTILES: ["q01", "q99"],
  QUANTILE10: ["q10", "q90"],
};

/**
 * A statistic as one row, whatever its nesting: `[C, 1, 1]` and `[C]` are the same. Rounded to float32, as it will be
 * stored, so that a policy acts the same before and after being saved.
 */
export function flattenStatistic(statistic: Statistic): Float64Array {
  return Float64Array.from([statistic].flat(3) as number[], Math.fround);
}

/**
 * The map of a mode.
 *
 * MEAN_STD: (x − mean)/(std + ε). The others take [low, high] to [−1, 1]: 2(x − low)/(high − low) − 1.
 *
 * An element that never varied (std or high − low at most ε) has scale 0: it normalises to 0 in MEAN_STD and to −1 otherwise,
 * the value it always had. Dividing by ε instead would turn the first noise on it into 10⁸.
 *
 * @param first mean or the low end. @param second std or the high end.
 */
export function normalizationOf(
  mode: Exclude<NormalizationMode, "IDENTITY">,
  first: Float64Array,
  second: Float64Array,
  eps: number,
): Affine {
  if (mode === "MEAN_STD") {
    const scale = second.map((std) => (std <= eps ? 0 : 1 / (std + eps)));
    return { scale, offset: first.map((mean, i) => negate(mean * scale[i]!)) };
  }
  const scale = second.map((high, i) => (high - first[i]! <= eps ? 0 : 2 / (high - first[i]!)));
  return { scale, offset: first.map((low, i) => -low * scale[i]! - 1) };
}

/** The way back. @param constant What elements with scale 0 become: the value they always had. */
export function inverseOf({ scale, offset }: Affine, constant: Float64Array): Affine {
  return {
    scale: scale.map((s) => (s === 0 ? 0 : 1 / s)),
    offset: scale.map((s, i) => (s === 0 ? constant[i]! : negate(offset[i]! / s))),
  };
}

function negate(value: number): number {
  return value === 0 ? 0 : -value;
}

/**
 * out[i] = x[i]·gain·scale + offset, row-major, for any number of leading batch dimensions.
 *
 * @param inner How many consecutive elements share one scale: 1 for vectors, height·width for images by channel.
 * @param rowLength Elements per row of `x`; those beyond `scale.length·inner` are copied as they are.
 */
export function applyAffine(
  x: NumericArray,
  { scale, offset }: Affine,
  { inner, rowLength, gain = 1 }: { inner: number; rowLength: number; gain?: number },
): Float32Array {
  const out = new Float32Array(x.length);
  const groups = scale.length;
  for (let row = 0; row < x.length; row += rowLength) {
    let at = row;
    for (let group = 0; group < groups; group++) {
      const a = scale[group]! * gain;
      const b = offset[group]!;
      const end = at + inner;
      for (; at < end; at++) out[at] = x[at]! * a + b;
    }
    for (const end = row + rowLength; at < end; at++) out[at] = x[at]!;
  }
  return out;
}
