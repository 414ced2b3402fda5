/** A checker pattern averaged over a pixel, so that far squares blend into grey instead of flickering. */

/**
 * The share of odd squares in an axis-aligned window (the box filter of a product of square waves).
 *
 * @param u Coordinate in squares, as is `v`.
 * @param width Side of the window in squares, > 0.
 * @returns Share in [0, 1]; 0 or 1 wherever the window crosses no line.
 */
export function checkerShare(u: number, v: number, width: number): number {
  return 0.5 - 0.5 * squareWaveMean(u, width) * squareWaveMean(v, width);
}

/** Mean over [x − width/2, x + width/2] of the wave that is +1 on [0, 1), −1 on [1, 2) and so on. */
function squareWaveMean(x: number, width: number): number {
  const cell = Math.floor(x);
  const parity = cell - 2 * Math.floor(cell / 2);
  const inCell = x - cell;
  if (inCell >= width / 2 && inCell + width / 2 <= 1) return 1 - 2 * parity;
  return (triangleWave(x + width / 2) - triangleWave(x - width / 2)) / width;
}

/** The integral of the square wave from 0: up to 1 at odd numbers, back to 0 at even ones. */
function triangleWave(x: number): number {
  const half = x / 2;
  return 1 - 2 * Math.abs(half - Math.floor(half) - 0.5);
}
