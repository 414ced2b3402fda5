/** From light to bytes. */

/** Values up to here are shown as they are; brighter ones approach 1 smoothly, so that white parts keep their form. */
const SHOULDER = 0.7;

/** Maps a non-negative intensity to [0, 1). */
export function toneMap(value: number): number {
  if (value <= SHOULDER) return value;
  const excess = value - SHOULDER;
  const room = 1 - SHOULDER;
  return SHOULDER + (room * excess) / (excess + room);
}

/** Rounds a value in [0, 1] to a byte; NaN becomes 0. */
export function toByte(value: number): number {
  return (value * 255 + 0.5) | 0;
}
