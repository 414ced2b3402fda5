/**
 * Computes the initial camera: behind the robot's right shoulder, so that right and forward on the keys match the screen,
 * and as near as possible with robot, workspace and compass in view at any aspect ratio. Pure.
 */
import type { Scene } from "../../protocol.ts";

export type Point3 = readonly [x: number, y: number, z: number];

export interface Framing {
  /** Unit vector from the target to the camera. */
  readonly direction: Point3;
  /** Points that must be in view. */
  readonly points: readonly Point3[];
}

export interface CameraPlace {
  readonly position: Point3;
  readonly target: Point3;
}

export const FIELD_OF_VIEW_DEG = 30;
/** From straight behind or from lower, the arm would hide the gripped object. */
const AZIMUTH = (40 * Math.PI) / 180;
const ELEVATION = (35 * Math.PI) / 180;
/** Used share of the image's half width and height. */
const FILLED = 0.95;
/** Half the width of a robot's base, metres. */
const FOOT_M = 0.12;
/** Height of the arm relative to its workspace. */
const ARM_HEIGHT = 1.5;
export const COMPASS_SIDE_M = 0.24;

const cos = Math.cos(AZIMUTH);
const sin = Math.sin(AZIMUTH);
/** Axes towards the camera, to the right and up on the screen. */
const AWAY: Point3 = [-cos * Math.cos(ELEVATION), -sin * Math.cos(ELEVATION), Math.sin(ELEVATION)];
const RIGHT: Point3 = [sin, -cos, 0];
const UP: Point3 = [cos * Math.sin(ELEVATION), sin * Math.sin(ELEVATION), Math.cos(ELEVATION)];

export function framingOf({ guides, focus }: Pick<Scene, "guides" | "focus">): Framing {
  const box = guides?.workspace;
  if (box === undefined) {
    const [x, y, z] = focus.center_m;
    const r = 0.75 * focus.radius_m;
    const around: Point3[] = [AWAY, RIGHT, UP].flatMap((axis) =>
      [-r, r].map((by): Point3 => [x + by * axis[0], y + by * axis[1], z + by * axis[2]]),
    );
    return { direction: AWAY, points: around };
  }
  // The robot stands at the origin and must be in view.
  const foot = square([0, 0], FOOT_M);
  const top = foot.map(([x, y]): Point3 => [x, y, ARM_HEIGHT * box.high_m[2]]);
  const reach: Point3[] = [box.low_m[0], box.high_m[0]].flatMap((x) =>
    [box.low_m[1], box.high_m[1]].map((y): Point3 => [x, y, 0]),
  );
  const compass = square(compassPlace({ guides, focus }), COMPASS_SIDE_M / 2);
  return { direction: AWAY, points: [...foot, ...top, ...reach, ...compass] };
}

/** Centre of the compass on the floor: beside the robot's base, on the viewer's side. */
export function compassPlace({
  guides,
  focus: { center_m },
}: Pick<Scene, "guides" | "focus">): readonly [number, number] {
  const box = guides?.workspace;
  return box ? [box.low_m[0] - 0.12, box.low_m[1] + 0.02] : [center_m[0] + 0.1, center_m[1] - 0.42];
}

/**
 * The nearest camera position with all points in view and equal margins at opposite edges.
 *
 * @param aspect width / height.
 */
export function cameraFor({ points, direction }: Framing, aspect: number): CameraPlace {
  const tall = FILLED * Math.tan((FIELD_OF_VIEW_DEG * Math.PI) / 360);
  const across = span(points, RIGHT, tall * aspect);
  const upright = span(points, UP, tall);
  const distance = Math.max(across.distance, upright.distance);
  const nearest = Math.max(...points.map((point) => dot(point, AWAY)));
  const farthest = Math.min(...points.map((point) => dot(point, AWAY)));
  const at = (depth: number) =>
    [0, 1, 2].map(
      (axis) => across.middle * RIGHT[axis]! + upright.middle * UP[axis]! + depth * direction[axis]!,
    ) as unknown as Point3;
  return { position: at(distance), target: at((nearest + farthest) / 2) };
}

/**
 * The camera's distance and lateral offset at which all points are between two edges.
 *
 * @param slope of the edges: half the image size per distance.
 */
function span(points: readonly Point3[], axis: Point3, slope: number) {
  const reach = (side: 1 | -1) => Math.max(...points.map((p) => side * dot(p, axis) + slope * dot(p, AWAY)));
  const [more, less] = [reach(1), reach(-1)];
  return { distance: (more + less) / (2 * slope), middle: (more - less) / 2 };
}

function square([x, y]: readonly [number, number], half: number): Point3[] {
  return [-half, half].flatMap((dx) => [-half, half].map((dy): Point3 => [x + dx, y + dy, 0]));
}

function dot(a: Point3, b: Point3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
