/** The seam between the environment and whatever draws its camera images. */
import type { SceneSnapshot } from "./scene_snapshot.ts";

export interface SceneRenderer {
  /** Image size in pixels. */
  readonly width: number;
  readonly height: number;
  /**
   * Draws the scene as one of its cameras sees it.
   *
   * @param camera A name of `scene.cameras`. @throws Error when there is none of that name.
   * @param out uint8, height × width × 3, RGB, row-major from the top left.
   */
  render(scene: SceneSnapshot, camera: string, out: Uint8Array): void;
}
