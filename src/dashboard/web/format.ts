/** Formats numbers and times. */

export function formatPercent(share: number | null | undefined): string {
  return share === null || share === undefined ? "–" : `${Math.round(100 * share)} %`;
}

export function formatNumber(value: number | undefined, digits = 3): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(1) : Number(value.toPrecision(digits)).toLocaleString("en");
}

/** 1 record, 1,200 records */
export function formatCount(count: number, what: string): string {
  return `${formatNumber(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** Two decimals, so that the width of a fast-changing number is stable. */
export function formatFixed(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  const text = Math.abs(value) < 1000 ? value.toFixed(2) : formatNumber(value);
  return text === "-0.00" ? "0.00" : text.replace("-", "−");
}

/** 12 ms, 3.4 s, 5 min */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return formatDuration(seconds);
}

/** 42 s, 12 min, 3 h 05 */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

export function formatClock(timeS: number): string {
  return new Date(1000 * timeS).toLocaleTimeString("en-GB");
}
