/** SVG paths of a track's curves, all on one scale. Pure. */

export interface TrackSize {
  readonly width: number;
  readonly height: number;
}

const MARGIN_PX = 3;
/** About one point per pixel. */
const MAX_POINTS = 800;

/**
 * @param values steps × size.
 * @returns one path per value of a step; none without steps.
 */
export function trackPaths(values: Float32Array, size: number, { width, height }: TrackSize): string[] {
  const steps = Math.floor(values.length / size);
  if (steps === 0) return [];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high < low) return Array.from({ length: size }, () => "");
  const range = high - low || 1;
  const stride = Math.max(1, Math.ceil(steps / MAX_POINTS));
  const x = (step: number) => (steps < 2 ? width / 2 : (step / (steps - 1)) * width);
  const y = (value: number) => height - MARGIN_PX - ((value - low) / range) * (height - 2 * MARGIN_PX);
  return Array.from({ length: size }, (_, part) => {
    const points: string[] = [];
    for (let step = 0; step < steps; step += stride) {
      const value = values[step * size + part]!;
      if (Number.isFinite(value)) points.push(`${x(step).toFixed(1)} ${y(value).toFixed(1)}`);
    }
    return points.length === 0 ? "" : `M${points.join("L")}`;
  });
}
