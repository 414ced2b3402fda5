/** A small curve of a share without axes, with a target line. */

const WIDTH = 150;
const HEIGHT = 44;
const POINTS = 60;
const MARGIN = 3;

export interface SparklineProps {
  /** In [0, 1], oldest first. */
  readonly values: readonly number[];
  readonly target: number | undefined;
  /** Increases with new values. */
  readonly version: number;
}

export function Sparkline({ values, target }: SparklineProps) {
  const y = (share: number) => MARGIN + (1 - share) * (HEIGHT - 2 * MARGIN);
  const stride = Math.max(1, Math.ceil(values.length / POINTS));
  const shown = values.filter((_, i) => (values.length - 1 - i) % stride === 0);
  const x = (i: number) =>
    shown.length < 2 ? WIDTH - MARGIN : MARGIN + (i * (WIDTH - 2 * MARGIN)) / (shown.length - 1);
  const line = shown.map((share, i) => `${x(i).toFixed(1)} ${y(share).toFixed(1)}`).join("L");
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {shown.length > 1 && <path class="area" d={`M${x(0)} ${HEIGHT}L${line}L${WIDTH - MARGIN} ${HEIGHT}Z`} />}
      {target !== undefined && <path class="target" d={`M0 ${y(target)}H${WIDTH}`} />}
      {shown.length > 1 && <path class="line" d={`M${line}`} />}
    </svg>
  );
}
