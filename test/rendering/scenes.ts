/** Small scenes, cameras and brute-force references that the rendering tests share. */
import type { Camera, Geom, Material, Scene, SpotLight } from "../../src/envs/rendering/scene.ts";
import { ShapeType } from "../../src/envs/rendering/scene.ts";
import type { Random } from "../../src/tensor/random.ts";

export type Vector = readonly [x: number, y: number, z: number];

export const MATTE: Material = { color: [0.5, 0.5, 0.5], alpha: 1, specular: 0 };
export const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export interface PlacedGeom extends Geom {
  readonly positionM: Vector;
  /** Row-major; the identity by default. */
  readonly rotation?: readonly number[];
}

export function geom(shape: ShapeType, sizeM: Vector, positionM: Vector, rest: Partial<PlacedGeom> = {}): PlacedGeom {
  return { shape, sizeM, positionM, material: MATTE, ...rest };
}

export const FLOOR = geom(ShapeType.plane, [0, 0, 0], [0, 0, 0]);

export function makeScene(geoms: readonly PlacedGeom[], lights: readonly SpotLight[] = []): Scene {
  return {
    geoms,
    positionsM: Float64Array.from(geoms.flatMap((one) => [...one.positionM])),
    rotations: Float64Array.from(geoms.flatMap((one) => [...(one.rotation ?? IDENTITY)])),
    lights,
    headlight: { ambient: [0.4, 0.4, 0.4], diffuse: [0.2, 0.2, 0.2], specular: [0, 0, 0] },
    sky: { zenith: [0.2, 0.4, 0.8], horizon: [0.6, 0.7, 0.8] },
    focus: { centerM: [0, 0, 0.2], radiusM: 0.8 },
  };
}

export function spotLight(positionM: Vector, direction: Vector): SpotLight {
  const length = Math.sqrt(direction[0] ** 2 + direction[1] ** 2 + direction[2] ** 2);
  return {
    positionM: Float64Array.from(positionM),
    direction: Float64Array.from(direction, (value) => value / length),
    diffuse: [0.6, 0.6, 0.6],
    specular: [0.2, 0.2, 0.2],
    cutoffDegrees: 45,
    exponent: 1,
    castsShadow: true,
  };
}

/** A camera at `from` that looks at `to`, with +z up in the picture. */
export function lookAt(from: Vector, to: Vector, verticalFieldOfViewDegrees = 45): Camera {
  const normalise = ([x, y, z]: Vector): Vector => {
    const length = Math.sqrt(x * x + y * y + z * z);
    return [x / length, y / length, z / length];
  };
  const cross = (a: Vector, b: Vector): Vector => [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
  const back = normalise([from[0] - to[0], from[1] - to[1], from[2] - to[2]]);
  const right = normalise(cross(Math.abs(back[2]) > 0.99 ? [0, 1, 0] : [0, 0, 1], back));
  const up = cross(back, right);
  const rotation = [0, 1, 2].flatMap((axis) => [right[axis]!, up[axis]!, back[axis]!]);
  return { positionM: Float64Array.from(from), rotation: Float64Array.from(rotation), verticalFieldOfViewDegrees };
}

/** A uniformly random rotation, row-major (Shoemake's quaternion from four normals). */
export function randomRotation(random: Random): number[] {
  const q = [random.normal(), random.normal(), random.normal(), random.normal()];
  const norm = Math.sqrt(q.reduce((sum, value) => sum + value * value, 0));
  const [w, x, y, z] = q.map((value) => value / norm) as [number, number, number, number];
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
}

/** Whether a world point lies inside a solid geom: the shapes' definitions, and nothing about rays. */
export function contains(solid: PlacedGeom, point: Vector): boolean {
  const r = solid.rotation ?? IDENTITY;
  const d = [0, 1, 2].map((axis) => point[axis]! - solid.positionM[axis]!);
  const [x, y, z] = [0, 1, 2].map((axis) => r[axis]! * d[0]! + r[3 + axis]! * d[1]! + r[6 + axis]! * d[2]!) as [
    number,
    number,
    number,
  ];
  const [a, b, c] = solid.sizeM;
  switch (solid.shape) {
    case ShapeType.sphere:
      return x * x + y * y + z * z <= a * a;
    case ShapeType.capsule:
      return x * x + y * y + Math.max(0, Math.abs(z) - b) ** 2 <= a * a;
    case ShapeType.cylinder:
      return x * x + y * y <= a * a && Math.abs(z) <= b;
    case ShapeType.ellipsoid:
      return (x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2 <= 1;
    case ShapeType.box:
      return Math.abs(x) <= a && Math.abs(y) <= b && Math.abs(z) <= c;
    default:
      throw new Error("a plane contains nothing");
  }
}

/**
 * Marches along a ray in small steps and bisects the first crossing of each kind.
 *
 * @returns The ray parameters where the solid is entered and left; undefined if no step landed inside.
 */
export function marchThrough(
  solid: PlacedGeom,
  origin: Vector,
  direction: Vector,
  stepSize: number,
  reach: number,
): { enter: number; leave: number } | undefined {
  const inside = (t: number) =>
    contains(solid, [origin[0] + t * direction[0], origin[1] + t * direction[1], origin[2] + t * direction[2]]);
  const bisect = (low: number, high: number) => {
    const start = inside(low);
    let [from, to] = [low, high];
    for (let i = 0; i < 40; i++) {
      const middle = (from + to) / 2;
      if (inside(middle) === start) from = middle;
      else to = middle;
    }
    return to;
  };
  let enter: number | undefined;
  for (let t = 0; t <= reach; t += stepSize) {
    if (enter === undefined && inside(t)) enter = t === 0 ? 0 : bisect(t - stepSize, t);
    else if (enter !== undefined && !inside(t)) return { enter, leave: bisect(t - stepSize, t) };
  }
  return undefined;
}
