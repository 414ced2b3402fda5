/**
 * Reads a compiled MuJoCo model into a renderer's scene and refreshes its poses from the simulation's state.
 * It holds the caller's objects by the few arrays it needs and fetches them anew on every update, because a WebAssembly
 * memory that grows detaches all earlier views.
 */
import type { Camera, Geom, Material, Rgb, Scene, Sky, SpotLight } from "./scene.ts";
import { ShapeType } from "./scene.ts";

type Numbers = ArrayLike<number>;

/** The arrays of `mjModel` that say what the scene looks like (MuJoCo's names). */
export interface MujocoModelArrays {
  readonly ngeom: number;
  readonly geom_type: Numbers;
  readonly geom_size: Numbers;
  readonly geom_rgba: Numbers;
  readonly geom_group: Numbers;
  readonly geom_matid: Numbers;
  readonly mat_rgba: Numbers;
  readonly mat_specular: Numbers;
  readonly mat_texid: Numbers;
  readonly mat_texrepeat: Numbers;
  readonly tex_adr: Numbers;
  readonly tex_data: Numbers;
  readonly tex_nchannel: Numbers;
  readonly tex_width: Numbers;
  readonly light_cutoff: Numbers;
  readonly light_diffuse: Numbers;
  readonly light_exponent: Numbers;
  readonly light_specular: Numbers;
  readonly light_type: Numbers;
  readonly cam_fovy: Numbers;
  readonly vis: {
    readonly headlight: { readonly ambient: Numbers; readonly diffuse: Numbers; readonly specular: Numbers };
  };
  readonly stat: { readonly center: Numbers; readonly extent: number };
}

/** The arrays of `mjData` that say where everything is. */
export interface MujocoDataArrays {
  readonly geom_xpos: Numbers;
  readonly geom_xmat: Numbers;
  readonly light_xpos: Numbers;
  readonly light_xdir: Numbers;
  readonly cam_xpos: Numbers;
  readonly cam_xmat: Numbers;
}

export interface MujocoSceneOptions {
  readonly sky?: Sky;
  /** Geoms in groups above this one are not drawn; MuJoCo's own viewer starts with 2. */
  readonly maxVisibleGroup?: number;
}

const DEFAULT_SKY: Sky = { zenith: [0.3, 0.5, 0.7], horizon: [0.72, 0.8, 0.87] };
/** Materials without one: what MuJoCo assumes (`mjCMaterial`, and the headlight's specular for plain geoms). */
const PLAIN_SPECULAR = 0.5;
const TEXTURE_ROLES = 10;
const RGB_ROLE = 1;
const SPOT_LIGHT_TYPE = 0;

export class MujocoScene {
  readonly scene: Scene;
  /** One per camera of the model, in its order. */
  readonly cameras: readonly Camera[];
  /** MuJoCo's index of every geom of the scene: those that are visible. */
  readonly geomIds: readonly number[];

  /** @throws Error for a visible geom or a light of a kind the renderer cannot draw. */
  constructor(model: MujocoModelArrays, options: MujocoSceneOptions = {}) {
    const { sky = DEFAULT_SKY, maxVisibleGroup = 2 } = options;
    const visible: number[] = [];
    const geoms: Geom[] = [];
    for (let id = 0; id < model.ngeom; id++) {
      const material = readMaterial(model, id);
      if (material.alpha === 0 || model.geom_group[id]! > maxVisibleGroup) continue;
      visible.push(id);
      geoms.push({ shape: readShape(model, id), sizeM: triple(model.geom_size, id), material });
    }
    this.geomIds = visible;
    const headlight = model.vis.headlight;
    this.scene = {
      geoms,
      positionsM: new Float64Array(3 * geoms.length),
      rotations: new Float64Array(9 * geoms.length),
      lights: readLights(model),
      headlight: {
        ambient: triple(headlight.ambient),
        diffuse: triple(headlight.diffuse),
        specular: triple(headlight.specular),
      },
      sky,
      focus: { centerM: triple(model.stat.center), radiusM: model.stat.extent },
    };
    this.cameras = Array.from({ length: model.cam_fovy.length }, (_, id) => ({
      positionM: new Float64Array(3),
      rotation: new Float64Array(9),
      verticalFieldOfViewDegrees: model.cam_fovy[id]!,
    }));
  }

  /** Copies all poses; call it after `mj_forward` or a step, before drawing. */
  update(data: MujocoDataArrays): void {
    const { scene, cameras } = this;
    const positions = data.geom_xpos;
    const rotations = data.geom_xmat;
    for (let i = 0; i < this.geomIds.length; i++) {
      const id = this.geomIds[i]!;
      copy(positions, 3 * id, scene.positionsM, 3 * i, 3);
      copy(rotations, 9 * id, scene.rotations, 9 * i, 9);
    }
    const lightPositions = data.light_xpos;
    const lightDirections = data.light_xdir;
    for (let id = 0; id < scene.lights.length; id++) {
      copy(lightPositions, 3 * id, scene.lights[id]!.positionM, 0, 3);
      copy(lightDirections, 3 * id, scene.lights[id]!.direction, 0, 3);
    }
    const cameraPositions = data.cam_xpos;
    const cameraRotations = data.cam_xmat;
    for (let id = 0; id < cameras.length; id++) {
      copy(cameraPositions, 3 * id, cameras[id]!.positionM, 0, 3);
      copy(cameraRotations, 9 * id, cameras[id]!.rotation, 0, 9);
    }
  }
}

function readShape(model: MujocoModelArrays, id: number): ShapeType {
  const type = model.geom_type[id]!;
  const shape = Object.values(ShapeType).find((known) => known === type);
  if (shape === undefined) {
    const known = Object.keys(ShapeType).join(", ");
    throw new Error(
      `geom ${id} has MuJoCo type ${type}, which cannot be drawn; use one of ${known}, or put it in group 3`,
    );
  }
  return shape;
}

function readMaterial(model: MujocoModelArrays, id: number): Material {
  const materialId = model.geom_matid[id]!;
  const rgba = materialId < 0 ? model.geom_rgba : model.mat_rgba;
  const row = 4 * (materialId < 0 ? id : materialId);
  const color: Rgb = [rgba[row]!, rgba[row + 1]!, rgba[row + 2]!];
  const alpha = rgba[row + 3]!;
  if (materialId < 0) return { color, alpha, specular: PLAIN_SPECULAR };
  const specular = model.mat_specular[materialId]!;
  const textureId = model.mat_texid[TEXTURE_ROLES * materialId + RGB_ROLE]!;
  if (textureId < 0 || model.geom_type[id] !== ShapeType.plane) return { color, alpha, specular };
  // MuJoCo bakes its built-in checker into a texture: the two colours are the first texel and the one half a row on.
  const texel = (column: number): Rgb => {
    const address = model.tex_adr[textureId]! + column * model.tex_nchannel[textureId]!;
    const data = model.tex_data;
    return [
      (color[0] * data[address]!) / 255,
      (color[1] * data[address + 1]!) / 255,
      (color[2] * data[address + 2]!) / 255,
    ];
  };
  const checker = { color: texel(model.tex_width[textureId]! >> 1), squareM: 1 / model.mat_texrepeat[2 * materialId]! };
  return { color: texel(0), alpha, specular, checker };
}

function readLights(model: MujocoModelArrays): SpotLight[] {
  return Array.from({ length: model.light_type.length }, (_, id) => {
    if (model.light_type[id] !== SPOT_LIGHT_TYPE) {
      throw new Error(`light ${id} is not a spot light; write <light type="spot" …>`);
    }
    return {
      positionM: new Float64Array(3),
      direction: new Float64Array(3),
      diffuse: triple(model.light_diffuse, id),
      specular: triple(model.light_specular, id),
      cutoffDegrees: model.light_cutoff[id]!,
      exponent: Math.round(model.light_exponent[id]!),
      castsShadow: true,
    };
  });
}

function triple(values: Numbers, row = 0): Rgb {
  return [values[3 * row]!, values[3 * row + 1]!, values[3 * row + 2]!];
}

function copy(source: Numbers, from: number, target: Float64Array, to: number, count: number): void {
  for (let i = 0; i < count; i++) target[to + i] = source[from + i]!;
}
