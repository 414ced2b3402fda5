/**
 * Tangents from `+ − × ÷` only. `Math.tan` may differ in its last bit from one engine or processor to the next, and one
 * bit in a camera's focal length is enough to change a pixel.
 */

const TERMS = 41;

/** tan of an angle in (−90, 90) degrees, by Lambert's continued fraction x / (1 − x²/(3 − x²/(5 − …))). */
export function tanDegrees(degrees: number): number {
  const x = (degrees * Math.PI) / 180;
  let denominator = TERMS;
  for (let odd = TERMS - 2; odd >= 1; odd -= 2) denominator = odd - (x * x) / denominator;
  return x / denominator;
}
