/** Quaternions in MuJoCo's order (w, x, y, z). */

export type Quaternion = readonly [w: number, x: number, y: number, z: number];

/** The quaternion of a row-major rotation matrix, from its largest component (Shepperd 1978). */
export function quaternionOfMatrix(m: ArrayLike<number>): Quaternion {
  const xx = m[0]!;
  const yy = m[4]!;
  const zz = m[8]!;
  const trace = xx + yy + zz;
  if (trace > 0) {
    const s = 2 * Math.sqrt(1 + trace);
    return [s / 4, (m[7]! - m[5]!) / s, (m[2]! - m[6]!) / s, (m[3]! - m[1]!) / s];
  }
  if (xx > yy && xx > zz) {
    const s = 2 * Math.sqrt(1 + xx - yy - zz);
    return [(m[7]! - m[5]!) / s, s / 4, (m[1]! + m[3]!) / s, (m[2]! + m[6]!) / s];
  }
  if (yy > zz) {
    const s = 2 * Math.sqrt(1 + yy - xx - zz);
    return [(m[2]! - m[6]!) / s, (m[1]! + m[3]!) / s, s / 4, (m[5]! + m[7]!) / s];
  }
  const s = 2 * Math.sqrt(1 + zz - xx - yy);
  return [(m[3]! - m[1]!) / s, (m[2]! + m[6]!) / s, (m[5]! + m[7]!) / s, s / 4];
}

/**
 * Writes axis · angle (rad, world frame) of the rotation that leads from `target` to `current`: the shorter way round.
 *
 * @param current row-major rotation matrix
 */
export function rotationVectorBetween(current: ArrayLike<number>, target: Quaternion, out: Float64Array): void {
  const [tw, tx, ty, tz] = target;
  let [w, x, y, z] = quaternionOfMatrix(current);
  if (w * tw + x * tx + y * ty + z * tz < 0) {
    w = -w;
    x = -x;
    y = -y;
    z = -z;
  }
  // current ⊗ conjugate(target)
  let ew = w * tw + x * tx + y * ty + z * tz;
  const ex = -w * tx + x * tw - y * tz + z * ty;
  const ey = -w * ty + x * tz + y * tw - z * tx;
  const ez = -w * tz - x * ty + y * tx + z * tw;
  const norm = Math.sqrt(ew * ew + ex * ex + ey * ey + ez * ez);
  ew /= norm;
  const sine = Math.sqrt(Math.max(0, 1 - ew * ew));
  const angle = 2 * Math.acos(Math.max(-1, Math.min(1, ew)));
  const scale = (sine < 1e-10 ? angle : angle / sine) / norm;
  out[0] = ex * scale;
  out[1] = ey * scale;
  out[2] = ez * scale;
}
