/** What a renderer needs of a scene, as plain arrays that are filled in place: no MuJoCo object crosses this line. */
import type { Simulation } from "./simulation.ts";

/** The geom shapes of the scene, by MuJoCo's numbers. */
export const GEOM_TYPE = { plane: 0, sphere: 2, capsule: 3, cylinder: 5, box: 6 } as const;

/**
 * Everything visible. Positions are world-frame metres; rotations are row-major 3 × 3 matrices whose columns are the
 * object's axes; colours are in [0, 1]. Per-geom arrays hold `names.length` entries of 1, 3, 4 or 9 numbers.
 */
export interface SceneSnapshot {
  readonly geoms: {
    readonly names: readonly string[];
    /** One of `GEOM_TYPE`. */
    readonly types: Int32Array;
    /** MuJoCo's sizes: radius (sphere), radius and half length along z (capsule, cylinder), half edges (box), half extents (plane). */
    readonly sizes: Float64Array;
    readonly colours: Float32Array;
    /** Strength of the highlight. */
    readonly specular: Float32Array;
    /** In [0, 1]; MuJoCo's Phong exponent is 128 times this. */
    readonly shininess: Float32Array;
    readonly positions: Float64Array;
    readonly rotations: Float64Array;
  };
  /** Spot lights; every one of them casts shadows. */
  readonly lights: {
    readonly names: readonly string[];
    readonly positions: Float64Array;
    readonly directions: Float64Array;
    readonly ambient: Float32Array;
    readonly diffuse: Float32Array;
    readonly specular: Float32Array;
    /** Half angle of the cone in degrees. */
    readonly cutoffDegrees: Float32Array;
    /** Intensity falls with the cosine of the off-axis angle to this power. */
    readonly exponents: Float32Array;
  };
  /** The light at the camera: RGB each. */
  readonly headlight: {
    readonly ambient: Float32Array;
    readonly diffuse: Float32Array;
    readonly specular: Float32Array;
  };
  readonly cameras: {
    readonly names: readonly string[];
    /** Vertical field of view. */
    readonly fovyDegrees: Float64Array;
    readonly positions: Float64Array;
    /** A camera looks along −z with +y up. */
    readonly rotations: Float64Array;
  };
}

/** Visual geoms are in groups 0–2; collision shapes and markers are above. */
const LAST_VISIBLE_GROUP = 2;

/** Fills one preallocated snapshot from a simulation. */
export class SceneReader {
  readonly snapshot: SceneSnapshot;
  readonly #simulation: Simulation;
  readonly #geomIds: readonly number[];

  constructor(simulation: Simulation) {
    const { model } = simulation.native;
    this.#simulation = simulation;
    const groups: Int32Array = model.geom_group;
    this.#geomIds = [...Array(model.ngeom).keys()].filter(
      (geom) => groups[geom]! <= LAST_VISIBLE_GROUP && geomColour(simulation, geom)[3]! > 0,
    );
    const geomCount = this.#geomIds.length;
    const materials: Int32Array = model.geom_matid;
    const ofMaterial = (values: Float32Array, fallback: number) =>
      Float32Array.from(this.#geomIds, (geom) => (materials[geom]! < 0 ? fallback : values[materials[geom]!]!));
    const byGeom = (values: Float64Array, width: number) =>
      Float64Array.from(this.#geomIds.flatMap((geom) => [...values.subarray(width * geom, width * (geom + 1))]));
    const { headlight } = model.vis;
    this.snapshot = {
      geoms: {
        names: this.#geomIds.map((geom) => objectName(simulation, "geom", geom)),
        types: Int32Array.from(this.#geomIds, (geom) => model.geom_type[geom]),
        sizes: byGeom(model.geom_size, 3),
        colours: Float32Array.from(this.#geomIds.flatMap((geom) => [...geomColour(simulation, geom)])),
        specular: ofMaterial(model.mat_specular, 0.5),
        shininess: ofMaterial(model.mat_shininess, 0.5),
        positions: new Float64Array(3 * geomCount),
        rotations: new Float64Array(9 * geomCount),
      },
      lights: {
        names: Array.from({ length: model.nlight }, (_, light) => objectName(simulation, "light", light)),
        positions: new Float64Array(3 * model.nlight),
        directions: new Float64Array(3 * model.nlight),
        ambient: Float32Array.from(model.light_ambient),
        diffuse: Float32Array.from(model.light_diffuse),
        specular: Float32Array.from(model.light_specular),
        cutoffDegrees: Float32Array.from(model.light_cutoff),
        exponents: Float32Array.from(model.light_exponent),
      },
      headlight: {
        ambient: Float32Array.from(headlight.ambient),
        diffuse: Float32Array.from(headlight.diffuse),
        specular: Float32Array.from(headlight.specular),
      },
      cameras: {
        names: Array.from({ length: model.ncam }, (_, camera) => objectName(simulation, "camera", camera)),
        fovyDegrees: Float64Array.from(model.cam_fovy),
        positions: new Float64Array(3 * model.ncam),
        rotations: new Float64Array(9 * model.ncam),
      },
    };
    this.update();
  }

  /** Copies the poses of the last physics step into `snapshot`. */
  update(): SceneSnapshot {
    const { data } = this.#simulation.native;
    const { geoms, lights, cameras } = this.snapshot;
    const positions: Float64Array = data.geom_xpos;
    const rotations: Float64Array = data.geom_xmat;
    for (let i = 0; i < this.#geomIds.length; i++) {
      const geom = this.#geomIds[i]!;
      for (let k = 0; k < 3; k++) geoms.positions[3 * i + k] = positions[3 * geom + k]!;
      for (let k = 0; k < 9; k++) geoms.rotations[9 * i + k] = rotations[9 * geom + k]!;
    }
    lights.positions.set(data.light_xpos);
    lights.directions.set(data.light_xdir);
    cameras.positions.set(data.cam_xpos);
    cameras.rotations.set(data.cam_xmat);
    return this.snapshot;
  }
}

function geomColour(simulation: Simulation, geom: number): Float32Array {
  const { model } = simulation.native;
  const material: number = model.geom_matid[geom];
  const colours: Float32Array = material < 0 ? model.geom_rgba : model.mat_rgba;
  const index = material < 0 ? geom : material;
  return colours.slice(4 * index, 4 * index + 4);
}

function objectName(simulation: Simulation, type: "geom" | "light" | "camera", index: number): string {
  const { mujoco, model } = simulation.native;
  const types = {
    geom: mujoco.mjtObj.mjOBJ_GEOM,
    light: mujoco.mjtObj.mjOBJ_LIGHT,
    camera: mujoco.mjtObj.mjOBJ_CAMERA,
  };
  return mujoco.mj_id2name(model, types[type].value, index) ?? "";
}
