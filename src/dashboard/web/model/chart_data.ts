/** From curves of steps of their own to one table that a chart draws. Pure. */
import { centredMean } from "../../../metrics/series.ts";
import type { BoundedSeries } from "./bounded_series.ts";

export interface ChartLine {
  readonly name: string;
  readonly series: BoundedSeries | undefined;
  /** Name of a colour of the style sheet. */
  readonly color: string;
  readonly dashed?: boolean;
  /** Single values that jump: dots, with their mean as a line. */
  readonly dots?: boolean;
}

export interface DrawnCurve {
  readonly color: string;
  readonly look: "line" | "faint" | "dots";
  readonly dashed: boolean;
}

export interface ChartData {
  readonly curves: readonly DrawnCurve[];
  /** Steps, then the values of every curve at them; null where a curve has none. */
  readonly table: [xs: number[], ...values: (number | null)[][]];
}

/** Neighbours on each side that the line through dots is a mean of. */
const DOTS_REACH = 12;

/** @param lines with points. Shares are moving means already and are not smoothed again. */
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

/** A little air above and below. A constant stands on an axis from zero, not in a magnified nothing. */
export function valueRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (high - low <= 1e-9 * Math.max(1, Math.abs(high))) {
    if (high === 0) return [0, 1];
    return high > 0 ? [0, 1.25 * high] : [1.25 * low, 0];
  }
  const air = 0.08 * (high - low);
  return [low === 0 ? 0 : low - air, high + air];
}
