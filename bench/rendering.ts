/** Speed of the camera images: both 128 × 128 cameras of the pick task, drawn on one core. */
import { PICK_CUBE_MJCF } from "../src/envs/panda_pick_cube/mjcf/scene.ts";
import { Simulation } from "../src/envs/panda_pick_cube/mujoco/simulation.ts";
import { PICK_CUBE } from "../src/envs/panda_pick_cube/tasks/pick_cube_task.ts";
import { MujocoScene } from "../src/envs/rendering/mujoco_scene.ts";
import { SceneRenderer, type SceneRendererOptions } from "../src/envs/rendering/scene_renderer.ts";
import { measure, type Row, timingRow } from "./measure.ts";

const IMAGE = { widthPx: 128, heightPx: 128 };
const CASES: readonly { name: string; options: Partial<SceneRendererOptions>; target?: string }[] = [
  { name: "two 128×128 cameras, shadows", options: {}, target: "≤ 4" },
  { name: "two 128×128 cameras, no shadows", options: { shadows: false } },
  { name: "two 128×128 cameras, shadows, 2×2 anti-aliasing", options: { samplesPerAxis: 2 } },
];

/** Milliseconds per pair of images: poses copied, shadow maps drawn once, then both cameras. */
export async function renderingRows(seconds = 3): Promise<Row[]> {
  const simulation = await Simulation.load(PICK_CUBE_MJCF, 0.002);
  simulation.positions.set(PICK_CUBE.homePosture);
  simulation.forward();
  const mujoco = new MujocoScene(simulation.native.model);
  const cameras = ["front", "wrist"].map((name) => mujoco.cameras[simulation.id("camera", name)]!);
  const image = new Uint8Array(IMAGE.widthPx * IMAGE.heightPx * 3);
  const rows: Row[] = [];
  for (const { name, options, target } of CASES) {
    const renderer = new SceneRenderer(mujoco.scene, { ...IMAGE, ...options });
    const drawPair = () => {
      mujoco.update(simulation.native.data);
      renderer.beginFrame();
      for (const camera of cameras) renderer.render(camera, image);
    };
    rows.push(timingRow(name, await measure(drawPair, { seconds, warmup: 50 }), target ? { target } : {}));
  }
  simulation.close();
  return rows;
}
