/**
 * The rectangle of pixels that a geom can cover. Every shape lies inside the convex hull of a few equal spheres
 * (a box: its corners, radius 0; a capsule: its ends), and the hull's projection inside the union of theirs.
 */
import { NEAR_M, type PixelRegion } from "./depth_buffer.ts";
import { type Geom, ShapeType } from "./scene.ts";
import type { View } from "./view.ts";

/** Rightward, upward and forward coordinates of up to 8 sphere centres. */
const centers = new Float64Array(24);

/**
 * Writes the region to `out`.
 *
 * @returns Whether anything of the geom can be seen.
 */
export function findScreenBounds(
  view: View,
  geom: Geom,
  positionM: Float64Array,
  rotation: Float64Array,
  index: number,
  out: PixelRegion,
): boolean {
  out.left = 0;
  out.top = 0;
  out.right = view.widthPx;
  out.bottom = view.heightPx;
  if (geom.shape === ShapeType.plane) return true;

  const [sizeX, sizeY, sizeZ] = geom.sizeM;
  let count = 1;
  let radius = sizeX;
  if (geom.shape === ShapeType.box) {
    for (let corner = 0; corner < 8; corner++) {
      const x = corner & 1 ? sizeX : -sizeX;
      const y = corner & 2 ? sizeY : -sizeY;
      setCenter(view, positionM, rotation, index, corner, x, y, corner & 4 ? sizeZ : -sizeZ);
    }
    count = 8;
    radius = 0;
  } else if (geom.shape === ShapeType.capsule || geom.shape === ShapeType.cylinder) {
    setCenter(view, positionM, rotation, index, 0, 0, 0, -sizeY);
    setCenter(view, positionM, rotation, index, 1, 0, 0, sizeY);
    count = 2;
  } else {
    setCenter(view, positionM, rotation, index, 0, 0, 0, 0);
    if (geom.shape === ShapeType.ellipsoid) radius = Math.max(sizeX, sizeY, sizeZ);
  }
  return intersectSpheres(view, count, radius, out);
}

/** Takes a point in the geom's axes to the view's. */
function setCenter(
  view: View,
  positionM: Float64Array,
  rotation: Float64Array,
  index: number,
  center: number,
  x: number,
  y: number,
  z: number,
): void {
  const { origin, rightAxis: right, upAxis: up, backAxis: back } = view;
  const at = 9 * index;
  const dx = positionM[3 * index]! + rotation[at]! * x + rotation[at + 1]! * y + rotation[at + 2]! * z - origin.x;
  const dy =
    positionM[3 * index + 1]! + rotation[at + 3]! * x + rotation[at + 4]! * y + rotation[at + 5]! * z - origin.y;
  const dz =
    positionM[3 * index + 2]! + rotation[at + 6]! * x + rotation[at + 7]! * y + rotation[at + 8]! * z - origin.z;
  centers[3 * center] = right.x * dx + right.y * dy + right.z * dz;
  centers[3 * center + 1] = up.x * dx + up.y * dy + up.z * dz;
  centers[3 * center + 2] = -(back.x * dx + back.y * dy + back.z * dz);
}

function intersectSpheres(view: View, count: number, radius: number, out: PixelRegion): boolean {
  if (isBeside(view, count, radius)) return false;
  let nearest = Number.POSITIVE_INFINITY;
  let farthest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    nearest = Math.min(nearest, centers[3 * i + 2]! - radius);
    farthest = Math.max(farthest, centers[3 * i + 2]! + radius);
  }
  if (!(farthest > NEAR_M)) return false;
  // A shape that reaches behind the eye has no bounded projection.
  if (!(nearest > NEAR_M)) return true;

  let minX = Number.POSITIVE_INFINITY;
  let maxX = Number.NEGATIVE_INFINITY;
  let minY = Number.POSITIVE_INFINITY;
  let maxY = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const x = centers[3 * i]!;
    const y = centers[3 * i + 1]!;
    const z = centers[3 * i + 2]!;
    // Slopes of the two tangents from the eye to the sphere, seen along each image axis.
    const base = z * z - radius * radius;
    const spreadX = radius * Math.sqrt(x * x + base);
    const spreadY = radius * Math.sqrt(y * y + base);
    minX = Math.min(minX, (x * z - spreadX) / base);
    maxX = Math.max(maxX, (x * z + spreadX) / base);
    minY = Math.min(minY, (y * z - spreadY) / base);
    maxY = Math.max(maxY, (y * z + spreadY) / base);
  }
  const { focalLengthPx, widthPx, heightPx } = view;
  const centerColumn = (widthPx - 1) / 2;
  const centerRow = (heightPx - 1) / 2;
  out.left = Math.max(0, Math.floor(centerColumn + focalLengthPx * minX));
  out.right = Math.min(widthPx, Math.ceil(centerColumn + focalLengthPx * maxX) + 1);
  out.top = Math.max(0, Math.floor(centerRow - focalLengthPx * maxY));
  out.bottom = Math.min(heightPx, Math.ceil(centerRow - focalLengthPx * minY) + 1);
  return out.left < out.right && out.top < out.bottom;
}

/** Whether all spheres lie beyond the same side of the picture; settles shapes that reach behind the eye beside it. */
function isBeside({ widthPx, heightPx, focalLengthPx }: View, count: number, radius: number): boolean {
  const slopeX = widthPx / 2 / focalLengthPx;
  const slopeY = heightPx / 2 / focalLengthPx;
  const reachX = radius * Math.sqrt(1 + slopeX * slopeX);
  const reachY = radius * Math.sqrt(1 + slopeY * slopeY);
  let [left, right, above, below] = [true, true, true, true];
  for (let i = 0; i < count; i++) {
    const x = centers[3 * i]!;
    const y = centers[3 * i + 1]!;
    const z = centers[3 * i + 2]!;
    left &&= -x - z * slopeX > reachX;
    right &&= x - z * slopeX > reachX;
    above &&= y - z * slopeY > reachY;
    below &&= -y - z * slopeY > reachY;
  }
  return left || right || above || below;
}
