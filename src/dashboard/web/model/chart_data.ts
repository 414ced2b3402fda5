/** Joins curves with different steps into one table for a chart. Pure. */
import { centredMean } from "../../../metrics/series.ts";
import type { BoundedSeries } from "./bounded_series.ts";

export interface ChartLine {
  readonly name: string;
  readonly series: BoundedSeries | undefined;
  /** Name of a colour in the style sheet. */
  readonly color: string;
  readonly dashed?: boolean;
  /** Draws noisy values as dots and their mean as a line. */
  readonly dots?: boolean;
}

export interface DrawnCurve {
  readonly color: string;
  readonly look: "line" | "faint" | "dots";
  readonly dashed: boolean;
}

export interface ChartData {
  readonly curves: readonly DrawnCurve[];
  /** Steps, then one column per curve; null where a curve has no value. */
  readonly table: [xs: number[], ...values: (number | null)[][]];
}

/** Neighbours on each side in the mean of dots. */
const DOTS_REACH = 12;

/** @param lines with points. Shares are already moving means and are not smoothed again. */
export function chartData(lines: readonly ChartLine[], smoothing: number, isShare: boolean): ChartData {
  const curves: (DrawnCurve & { readonly x: readonly number[]; readonly y: readonly number[] })[] = [];
  for (const { series, color, dashed = false, dots = false } of lines) {
    if (series === undefined) continue;
    const { x, y } = series;
    const reach = isShare ? 0 : dots ? Math.max(DOTS_REACH, smoothing) : smoothing;
    if (reach > 0) curves.push({ x, y, color, dashed: false, look: dots ? "dots" : "faint" });
    const mean = reach > 0 ? smoothed(x, y, reach) : y;
    curves.push({ x, y: mean, color, dashed, look: "line" });
  }
  return { curves, table: join(curves) };
}

function smoothed(x: readonly number[], y: readonly number[], reach: number): number[] {
  const points = x.map((step, i) => ({ x: step, y: y[i]! }));
  return centredMean(points, reach).map((point) => point.y);
}

function join(curves: readonly { readonly x: readonly number[]; readonly y: readonly number[] }[]): ChartData["table"] {
  const xs = [...new Set(curves.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, i) => [x, i]));
  const columns = curves.map(({ x, y }) => {
    const column: (number | null)[] = new Array(xs.length).fill(null);
    for (let i = 0; i < x.length; i++) column[place.get(x[i]!)!] = y[i]!;
    return column;
  });
  return [xs, ...columns];
}

/** The range of the y axis, with a margin. The axis of a constant starts at zero. */
export function valueRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (high - low <= 1e-9 * Math.max(1, Math.abs(high))) {
    if (high === 0) return [0, 1];
    return high > 0 ? [0, 1.25 * high] : [1.25 * low, 0];
  }
  const margin = 0.08 * (high - low);
  return [low === 0 ? 0 : low - margin, high + margin];
}
