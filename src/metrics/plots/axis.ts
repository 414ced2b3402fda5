/** Axes of a plot: range, ticks and labels. */

export type AxisFormat = "number" | "percent";

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  /** Position of a value on the axis: 0 at its low end, 1 at its high end. */
  readonly position: (value: number) => number;
}

export interface AxisOptions {
  readonly format?: AxisFormat;
  /** Fixed ends instead of those of the values. */
  readonly range?: readonly [low: number, high: number] | undefined;
  /** End at the last value instead of the next tick. */
  readonly tight?: boolean;
  /** Approximate number of ticks. Default: 5. */
  readonly ticks?: number;
}

/** Smaller ranges are drawn as zero: ticks between them would not be distinct numbers. */
const TINY = 1e-100;

/** @param values Finite; without any, the axis goes from 0 to 1. */
export function linearAxis(values: readonly number[], options: AxisOptions = {}): Axis {
  const { format = "number", range, tight = false, ticks = 5 } = options;
  const [first, last] = range ?? extent(values);
  const size = Math.max(Math.abs(first), Math.abs(last));
  // A flat line, up to rounding, gets room around it, so that it does not lie on the frame.
  const flat = size <= TINY || last - first <= size * 1e-9;
  const margin = flat ? (size > TINY ? size / 10 : 0.5) : 0;
  const [min, max] = [first - margin, last + margin];
  const step = niceStep((max - min) / ticks);
  const [low, high] = range || tight ? [min, max] : [Math.floor(min / step) * step, Math.ceil(max / step) * step];
  const from = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - from + 1;
  const tickValues = Array.from({ length: count }, (_, i) => (from + i) * step);
  return {
    low,
    high,
    position: (value) => (value - low) / (high - low),
    ticks: tickValues.map((value) => ({ value, label: tickLabel(value, step, format) })),
  };
}

/** Powers of ten around positive values. */
export function logAxis(values: readonly number[]): Axis {
  const [min, max] = extent(values);
  const [first, last] = [
    Math.floor(Math.log10(min)),
    Math.max(Math.ceil(Math.log10(max)), Math.floor(Math.log10(min)) + 1),
  ];
  const every = Math.ceil((last - first) / 6);
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((_, i) => i % every === 0);
  return {
    low: 10 ** first,
    high: 10 ** last,
    position: (value) => (Math.log10(value) - first) / (last - first),
    ticks: powers.map((power) => ({ value: 10 ** power, label: powerLabel(power) })),
  };
}

function extent(values: readonly number[]): [low: number, high: number] {
  // No spread arguments: a long run has more values than a call may have arguments.
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((greatest, value) => Math.max(greatest, value), Number.NEGATIVE_INFINITY);
  return values.length === 0 ? [0, 1] : [low, high];
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10) * power;
}

function tickLabel(value: number, step: number, format: AxisFormat): string {
  if (format === "percent") return `${Number((100 * value).toPrecision(6))} %`;
  const rounded = Math.abs(value) < step / 1e6 ? 0 : Number(value.toPrecision(6));
  const size = Math.abs(rounded);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return rounded.toExponential().replace("e+", "e");
  return rounded.toLocaleString("en", { maximumFractionDigits: 10 }).replace("-", "−");
}

function powerLabel(power: number): string {
  if (power >= -3 && power <= 5) return tickLabel(10 ** power, 10 ** power, "number");
  return `1e${power}`.replace("-", "−");
}
