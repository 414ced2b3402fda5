/** Data for drawing an environment elsewhere: the shapes once, then the bodies' poses at every step. */

export type GeomShape = "plane" | "sphere" | "capsule" | "ellipsoid" | "cylinder" | "box";
export type Triple = readonly [number, number, number];

/** A shape that is fixed to a body. Lengths in metres, half sizes as in MuJoCo; quaternions are w, x, y, z. */
export interface SceneGeom {
  /** Index of the body that carries it. */
  readonly body: number;
  readonly shape: GeomShape;
  /** Half sizes. A sphere: the radius first. Capsule and cylinder: radius and half length along z. Plane: 0 is endless. */
  readonly size_m: Triple;
  /** In the body's frame. */
  readonly position_m: Triple;
  readonly quaternion: readonly [number, number, number, number];
  /** RGB in [0, 1] as it appears on screen. */
  readonly color: Triple;
  /** 1 is opaque. */
  readonly alpha: number;
}

/** The unchanging part. World coordinates are metres with +z up. */
export interface SceneDescription {
  /** How many poses a frame has. */
  readonly bodies: number;
  readonly geoms: readonly SceneGeom[];
  /** The point that the display's camera looks at. */
  readonly focus: { readonly center_m: Triple; readonly radius_m: number };
  /** Aids for judging depth and seeing the goal; absent if the environment has none. */
  readonly guides?: SceneGuides;
}

export interface SceneGuides {
  /** The box that the tool can reach, world coordinates. */
  readonly workspace?: { readonly low_m: Triple; readonly high_m: Triple };
  /** The tool centre point, in the frame of the body that carries it. */
  readonly tool?: { readonly body: number; readonly position_m: Triple };
  /** The body to be lifted, and the height above its start. */
  readonly lift?: { readonly body: number; readonly height_m: number };
}

/** Numbers per body in a frame: position x, y, z in metres, quaternion w, x, y, z. */
export const POSE_SIZE = 7;

/** The capability of being drawn elsewhere. */
export interface SceneSource {
  readonly description: SceneDescription;
  /** Writes the present poses: `bodies` × POSE_SIZE numbers. Cheap enough for every control step. */
  readPoses(out: Float32Array): void;
}
