/**
 * A grid of rays: the geometry of a pinhole camera, or of a light that "sees" what it lights. A ray's direction is
 * affine in its pixel and has length 1 along the viewing axis, so a ray parameter is a depth in metres.
 */

/** A point or direction, in the world or in a geom's own axes. */
export interface Vector3 {
  x: number;
  y: number;
  z: number;
}

const AXES = ["x", "y", "z"] as const;

export class View {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Pixels per unit of slope; the same in both directions. */
  focalLengthPx = 1;
  /** World coordinates of the eye. */
  readonly origin: Vector3 = { x: 0, y: 0, z: 0 };
  /** Unit vectors to the view's right, up and back (against the viewing direction), in the world. */
  readonly rightAxis: Vector3 = { x: 0, y: 0, z: 0 };
  readonly upAxis: Vector3 = { x: 0, y: 0, z: 0 };
  readonly backAxis: Vector3 = { x: 0, y: 0, z: 0 };
  /** World directions: the ray through the centre of pixel (0, 0), and its change per pixel to the right and down. */
  readonly firstRay: Vector3 = { x: 0, y: 0, z: 0 };
  readonly rayPerColumn: Vector3 = { x: 0, y: 0, z: 0 };
  readonly rayPerRow: Vector3 = { x: 0, y: 0, z: 0 };

  constructor(widthPx: number, heightPx: number) {
    this.widthPx = widthPx;
    this.heightPx = heightPx;
  }

  /**
   * @param origin 3 numbers.
   * @param rotation 9 numbers, row-major; columns are the three axes.
   * @param tanHalfHeight Tangent of half the vertical field of view.
   */
  set(origin: ArrayLike<number>, rotation: ArrayLike<number>, tanHalfHeight: number): void {
    const { rightAxis, upAxis, backAxis } = this;
    copyColumn(origin, 0, 1, this.origin);
    copyColumn(rotation, 0, 3, rightAxis);
    copyColumn(rotation, 1, 3, upAxis);
    copyColumn(rotation, 2, 3, backAxis);
    this.focalLengthPx = this.heightPx / 2 / tanHalfHeight;
    const slopePerPixel = 1 / this.focalLengthPx;
    const left = (0.5 - this.widthPx / 2) * slopePerPixel;
    const top = (this.heightPx / 2 - 0.5) * slopePerPixel;
    for (const axis of AXES) {
      this.firstRay[axis] = rightAxis[axis] * left + upAxis[axis] * top - backAxis[axis];
      this.rayPerColumn[axis] = rightAxis[axis] * slopePerPixel;
      this.rayPerRow[axis] = -upAxis[axis] * slopePerPixel;
    }
  }
}

function copyColumn(values: ArrayLike<number>, column: number, stride: number, out: Vector3): void {
  out.x = values[column]!;
  out.y = values[column + stride]!;
  out.z = values[column + 2 * stride]!;
}

/** A view's rays in a geom's own axes: from `origin` along `first + column × perColumn + row × perRow`. */
export interface LocalRays {
  readonly origin: Vector3;
  readonly first: Vector3;
  readonly perColumn: Vector3;
  readonly perRow: Vector3;
}

export function createLocalRays(): LocalRays {
  const vector = (): Vector3 => ({ x: 0, y: 0, z: 0 });
  return { origin: vector(), first: vector(), perColumn: vector(), perRow: vector() };
}

/** Rotates a world vector into a geom's axes: multiplies by the transpose of its rotation. */
export function rotateIntoGeom(
  rotations: Float64Array,
  geom: number,
  x: number,
  y: number,
  z: number,
  out: Vector3,
): void {
  const at = 9 * geom;
  out.x = rotations[at]! * x + rotations[at + 3]! * y + rotations[at + 6]! * z;
  out.y = rotations[at + 1]! * x + rotations[at + 4]! * y + rotations[at + 7]! * z;
  out.z = rotations[at + 2]! * x + rotations[at + 5]! * y + rotations[at + 8]! * z;
}

/**
 * Expresses a view's rays in a geom's axes.
 *
 * @param positionsM 3 numbers per geom, world.
 * @param rotations 9 numbers per geom, row-major.
 */
export function raysInGeom(
  view: View,
  positionsM: Float64Array,
  rotations: Float64Array,
  geom: number,
  out: LocalRays,
): void {
  const { origin, firstRay, rayPerColumn, rayPerRow } = view;
  const x = origin.x - positionsM[3 * geom]!;
  const y = origin.y - positionsM[3 * geom + 1]!;
  const z = origin.z - positionsM[3 * geom + 2]!;
  rotateIntoGeom(rotations, geom, x, y, z, out.origin);
  rotateIntoGeom(rotations, geom, firstRay.x, firstRay.y, firstRay.z, out.first);
  rotateIntoGeom(rotations, geom, rayPerColumn.x, rayPerColumn.y, rayPerColumn.z, out.perColumn);
  rotateIntoGeom(rotations, geom, rayPerRow.x, rayPerRow.y, rayPerRow.z, out.perRow);
}
