/** A curve without axes: where a share came from, with the line it shall reach. */

const WIDTH = 150;
const HEIGHT = 44;
const POINTS = 60;
const AIR = 3;

export interface SparklineProps {
  /** In [0, 1], oldest first. */
  readonly values: readonly number[];
  readonly target: number | undefined;
  /** Rises with new values. */
  readonly version: number;
}

export function Sparkline({ values, target }: SparklineProps) {
  const y = (share: number) => AIR + (1 - share) * (HEIGHT - 2 * AIR);
  const stride = Math.max(1, Math.ceil(values.length / POINTS));
  const shown = values.filter((_, i) => (values.length - 1 - i) % stride === 0);
  const x = (i: number) => (shown.length < 2 ? WIDTH - AIR : AIR + (i * (WIDTH - 2 * AIR)) / (shown.length - 1));
  const line = shown.map((share, i) => `${x(i).toFixed(1)} ${y(share).toFixed(1)}`).join("L");
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {shown.length > 1 && <path class="area" d={`M${x(0)} ${HEIGHT}L${line}L${WIDTH - AIR} ${HEIGHT}Z`} />}
      {target !== undefined && <path class="target" d={`M0 ${y(target)}H${WIDTH}`} />}
      {shown.length > 1 && <path class="line" d={`M${line}`} />}
    </svg>
  );
}
