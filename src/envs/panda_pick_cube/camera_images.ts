/** Draws cameras of a simulation: the image observations, named as in gym-hil, and films for people. */
import { MujocoScene } from "../rendering/mujoco_scene.ts";
import { SceneRenderer } from "../rendering/scene_renderer.ts";
import type { Simulation } from "./mujoco/simulation.ts";

/** Observation key → camera of the scene. */
export const OBSERVED_CAMERAS = { "pixels.front": "front", "pixels.wrist": "wrist" } as const;

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export class CameraImages {
  readonly #simulation: Simulation;
  readonly #scene: MujocoScene;
  readonly #renderer: SceneRenderer;
  readonly #bytes: number;
  readonly #cameras: readonly (readonly [key: string, camera: number])[];

  /** @param cameras The name of an image → the camera of the scene that takes it. */
  constructor(
    simulation: Simulation,
    { width, height }: ImageSize,
    samplesPerAxis: number,
    cameras: Readonly<Record<string, string>> = OBSERVED_CAMERAS,
  ) {
    this.#simulation = simulation;
    this.#scene = new MujocoScene(simulation.native.model);
    this.#renderer = new SceneRenderer(this.#scene.scene, { widthPx: width, heightPx: height, samplesPerAxis });
    this.#bytes = width * height * 3;
    this.#cameras = Object.entries(cameras).map(([key, camera]) => [key, simulation.id("camera", camera)]);
  }

  /** One new uint8 array of height × width × 3 per image. */
  draw(): Record<string, Uint8Array> {
    this.#scene.update(this.#simulation.native.data);
    this.#renderer.beginFrame();
    const images: Record<string, Uint8Array> = {};
    for (const [key, camera] of this.#cameras) {
      const image = new Uint8Array(this.#bytes);
      this.#renderer.render(this.#scene.cameras[camera]!, image);
      images[key] = image;
    }
    return images;
  }
}
