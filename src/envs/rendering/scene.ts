/**
 * What the renderer draws: a list of convex shapes with materials, the lights and the sky. Descriptions are immutable;
 * poses live in flat arrays that their owner overwrites before each frame, so drawing a moving scene allocates nothing.
 * World coordinates are metres with +z up. Colours are RGB in [0, 1], as they appear on screen.
 */

/** Shapes, numbered as MuJoCo numbers them (`mjtGeom`). */
export const ShapeType = { plane: 0, sphere: 2, capsule: 3, ellipsoid: 4, cylinder: 5, box: 6 } as const;
export type ShapeType = (typeof ShapeType)[keyof typeof ShapeType];

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Material {
  readonly color: Rgb;
  /** 1 is opaque, 0 is not drawn. Only opaque geoms cast shadows. */
  readonly alpha: number;
  /** Strength of the highlight in [0, 1]. */
  readonly specular: number;
  /** Alternates `color` with a second colour over squares in the geom's xy plane. */
  readonly checker?: { readonly color: Rgb; readonly squareM: number };
}

export interface Geom {
  readonly shape: ShapeType;
  /**
   * Half sizes in metres, in the geom's own axes. Sphere: radius. Capsule and cylinder: radius and half length along z
   * (a capsule's caps come on top). Ellipsoid and box: the three semi-axes. Plane: half extents in x and y, 0 = infinite.
   */
  readonly sizeM: readonly [number, number, number];
  readonly material: Material;
}

/** A light with a cone. Its intensity falls with cos(angle to the axis) raised to `exponent`. */
export interface SpotLight {
  /** 3 numbers; may be rewritten between frames. */
  readonly positionM: Float64Array;
  /** Unit vector the light points along; may be rewritten between frames. */
  readonly direction: Float64Array;
  readonly diffuse: Rgb;
  readonly specular: Rgb;
  /** Half angle of the cone, in (0, 80] degrees. */
  readonly cutoffDegrees: number;
  /** Integer ≥ 0. */
  readonly exponent: number;
  readonly castsShadow: boolean;
}

/** Light that is everywhere (`ambient`) and light that comes from the camera (`diffuse`, `specular`). */
export interface Headlight {
  readonly ambient: Rgb;
  readonly diffuse: Rgb;
  readonly specular: Rgb;
}

/** A vertical gradient. Infinite planes fade to the horizon with distance. */
export interface Sky {
  readonly zenith: Rgb;
  readonly horizon: Rgb;
}

export interface Scene {
  readonly geoms: readonly Geom[];
  /** 3 numbers per geom: its centre in the world. */
  readonly positionsM: Float64Array;
  /** 9 numbers per geom: a row-major rotation whose columns are the geom's axes in the world. */
  readonly rotations: Float64Array;
  readonly lights: readonly SpotLight[];
  readonly headlight: Headlight;
  readonly sky: Sky;
  /** The sphere in which shadows matter; the smaller it is, the sharper they are. */
  readonly focus: { readonly centerM: Rgb; readonly radiusM: number };
}

/** A pinhole camera that looks along its −z axis with +y up (MuJoCo's and OpenGL's convention). */
export interface Camera {
  readonly positionM: Float64Array;
  /** 9 numbers, row-major; columns are the camera's axes in the world. */
  readonly rotation: Float64Array;
  /** Vertical field of view, in (0, 170] degrees. */
  readonly verticalFieldOfViewDegrees: number;
}
