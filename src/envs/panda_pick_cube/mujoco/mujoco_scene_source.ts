/** A simulation as a scene that displays elsewhere can draw: visible geoms by body, and the bodies' poses. */
import { MujocoScene } from "../../rendering/mujoco_scene.ts";
import { ShapeType } from "../../rendering/scene.ts";
import {
  type GeomShape,
  POSE_SIZE,
  type SceneDescription,
  type SceneGeom,
  type SceneGuides,
  type SceneSource,
  type Triple,
} from "../../scene_source.ts";
import type { TaskDefinition } from "../tasks/task.ts";
import { HeapView } from "./mujoco.ts";
import type { Simulation } from "./simulation.ts";

/** The site at the tool centre point. */
const TOOL_SITE = "pinch";

const SHAPE_NAMES = new Map<number, GeomShape>(
  Object.entries(ShapeType).map(([name, type]) => [type, name as GeomShape]),
);

export class MujocoSceneSource implements SceneSource {
  readonly description: SceneDescription;
  /** MuJoCo's index of every streamed body. */
  readonly #bodyIds: readonly number[];
  readonly #positions: HeapView<Float64Array>;
  readonly #quaternions: HeapView<Float64Array>;

  constructor(simulation: Simulation, task: Pick<TaskDefinition, "workspace" | "lift">) {
    const { model, data } = simulation.native;
    const drawn = new MujocoScene(model);
    const bodyOf = model.geom_bodyid as Int32Array;
    const positions = model.geom_pos as Float64Array;
    const quaternions = model.geom_quat as Float64Array;
    const bodyIds = [...new Set(drawn.geomIds.map((id) => bodyOf[id]!))];
    const geoms = drawn.scene.geoms.map(({ shape, sizeM, material }, i): SceneGeom => {
      const id = drawn.geomIds[i]!;
      return {
        body: bodyIds.indexOf(bodyOf[id]!),
        shape: SHAPE_NAMES.get(shape)!,
        size_m: sizeM,
        position_m: plainNumbers(positions.subarray(3 * id, 3 * id + 3)) as Triple,
        quaternion: plainNumbers(quaternions.subarray(4 * id, 4 * id + 4)) as SceneGeom["quaternion"],
        color: material.color,
        alpha: material.alpha,
      };
    });
    const { centerM, radiusM } = drawn.scene.focus;
    this.description = {
      bodies: bodyIds.length,
      geoms,
      focus: { center_m: centerM, radius_m: radiusM },
      guides: guidesOf(simulation, task, bodyIds),
    };
    this.#bodyIds = bodyIds;
    this.#positions = new HeapView(() => data.xpos);
    this.#quaternions = new HeapView(() => data.xquat);
  }

  readPoses(out: Float32Array): void {
    const positions = this.#positions.live;
    const quaternions = this.#quaternions.live;
    this.#bodyIds.forEach((id, i) => {
      for (let k = 0; k < 3; k++) out[POSE_SIZE * i + k] = positions[3 * id + k]!;
      for (let k = 0; k < 4; k++) out[POSE_SIZE * i + 3 + k] = quaternions[4 * id + k]!;
    });
  }
}

/** @param bodyIds MuJoCo's index of every streamed body. */
function guidesOf(
  simulation: Simulation,
  { workspace, lift }: Pick<TaskDefinition, "workspace" | "lift">,
  bodyIds: readonly number[],
): SceneGuides {
  const { model } = simulation.native;
  const site = simulation.id("site", TOOL_SITE);
  const toolBody = bodyIds.indexOf((model.site_bodyid as Int32Array)[site]!);
  const toolPosition = (model.site_pos as Float64Array).subarray(3 * site, 3 * site + 3);
  const liftBody = lift === undefined ? -1 : bodyIds.indexOf(simulation.id("body", lift.body));
  return {
    workspace: { low_m: workspace.low, high_m: workspace.high },
    ...(toolBody >= 0 && { tool: { body: toolBody, position_m: plainNumbers(toolPosition) as Triple } }),
    ...(lift && liftBody >= 0 && { lift: { body: liftBody, height_m: lift.height_m } }),
  };
}

/** A tuple that JSON keeps: it knows no −0. */
function plainNumbers(values: Float64Array): unknown {
  return Array.from(values, (value) => value + 0);
}
