/** Curves as lists of points, with smoothing and thinning. Pure, so that plots and web pages share it. */

/** x is usually the environment step, y the value. */
export interface Point {
  readonly x: number;
  readonly y: number;
}
/** Sorted by x. */
export type Series = readonly Point[];

/** Mean of each point and up to `window` − 1 before it. */
export function movingMean(series: Series, window: number): Point[] {
  if (!Number.isInteger(window) || window < 1)
    throw new RangeError(`the window must be a positive integer, got ${window}`);
  return series.map(({ x }, i) => {
    const first = Math.max(0, i - window + 1);
    // Summed for every point: a running sum would keep a non-finite value for ever.
    let sum = 0;
    for (let j = first; j <= i; j++) sum += series[j]!.y;
    return { x, y: sum / (i - first + 1) };
  });
}

/**
 * Mean of each point and equally many neighbours before and after it, at most `reach` each. Unlike an average of the past it
 * does not lag, so a falling curve runs through its points and not above them. Non-finite values are skipped.
 */
export function centredMean(series: Series, reach: number): Point[] {
  if (!Number.isInteger(reach) || reach < 0)
    throw new RangeError(`the reach must be an integer from 0 on, got ${reach}`);
  const points = series.filter(({ y }) => Number.isFinite(y));
  return points.map(({ x }, i) => {
    const width = Math.min(reach, i, points.length - 1 - i);
    let sum = 0;
    for (let j = i - width; j <= i + width; j++) sum += points[j]!.y;
    return { x, y: sum / (2 * width + 1) };
  });
}

/**
 * Exponential moving average, bias-corrected like Adam's moments (Kingma & Ba 2015, §3), so that the first values are not
 * drawn to zero. Non-finite values are skipped.
 *
 * @param smoothing Weight of the past, in [0, 1).
 */
export function exponentialMovingAverage(series: Series, smoothing: number): Point[] {
  if (!(smoothing >= 0 && smoothing < 1)) throw new RangeError(`the smoothing must be in [0, 1), got ${smoothing}`);
  let [average, weight] = [0, 0];
  return series
    .filter(({ y }) => Number.isFinite(y))
    .map(({ x, y }) => {
      average = smoothing * average + (1 - smoothing) * y;
      weight = smoothing * weight + (1 - smoothing);
      return { x, y: average / weight };
    });
}

/**
 * At most `maximum` of the points that keep the curve's shape, the first and last among them: largest triangle three
 * buckets (Steinarsson 2013, "Downsampling time series for visual representation", §4.2). Returns the series itself
 * if it is short enough.
 */
export function downsample(series: Series, maximum: number): Series {
  if (!Number.isInteger(maximum) || maximum < 3) throw new RangeError(`at least 3 points must remain, got ${maximum}`);
  if (series.length <= maximum) return series;
  const buckets = maximum - 2;
  const start = (bucket: number) => 1 + Math.floor((bucket * (series.length - 2)) / buckets);
  const kept = [series[0]!];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const next = bucket + 1 < buckets ? series.slice(start(bucket + 1), start(bucket + 2)) : series.slice(-1);
    const corner = { x: meanOf(next, "x"), y: meanOf(next, "y") };
    kept.push(largestTriangle(kept.at(-1)!, series.slice(start(bucket), start(bucket + 1)), corner));
  }
  return [...kept, series.at(-1)!];
}

function largestTriangle(a: Point, candidates: Series, c: Point): Point {
  let [best, bestArea] = [candidates[0]!, -1];
  for (const b of candidates) {
    // Twice the area; the factor does not change which is largest.
    const area = Math.abs((a.x - c.x) * (b.y - a.y) - (a.x - b.x) * (c.y - a.y));
    if (area > bestArea) [best, bestArea] = [b, area];
  }
  return best;
}

function meanOf(series: Series, key: "x" | "y"): number {
  return series.reduce((sum, point) => sum + point[key], 0) / series.length;
}
