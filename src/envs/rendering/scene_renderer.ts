/**
 * Renders a scene to RGB images on the CPU, with the same bits in every process: shadow maps once per frame, then per
 * camera a depth buffer and shading. After construction nothing is allocated.
 */
import { DepthBuffer } from "./depth_buffer.ts";
import { tanDegrees } from "./exact_math.ts";
import { ImageAssembly } from "./image_assembly.ts";
import { Rasterizer } from "./rasterizer.ts";
import { type Camera, type Scene, ShapeType } from "./scene.ts";
import { Shader } from "./shading/shader.ts";
import { ShadowMap } from "./shading/shadow_map.ts";
import { View } from "./view.ts";

export interface SceneRendererOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly shadows?: boolean;
  /** Side of the shadow maps; more is sharper and slower. */
  readonly shadowMapPx?: number;
  /**
   * Anti-aliasing: n × n depth samples per pixel. Pixels whose samples agree on the surface are shaded once, the others
   * once per sample. 1 is off.
   */
  readonly samplesPerAxis?: number;
}

export class SceneRenderer {
  readonly #widthPx: number;
  readonly #heightPx: number;
  readonly #rasterizer: Rasterizer;
  readonly #shadows: readonly (ShadowMap | undefined)[];
  readonly #assembly: ImageAssembly;
  readonly #view: View;
  readonly #opaque: DepthBuffer;
  /** The nearest translucent surface of each sample; undefined if the scene has none. */
  readonly #translucent: DepthBuffer | undefined;
  readonly #opaqueGeoms: readonly number[];
  readonly #translucentGeoms: readonly number[];
  readonly #casters: readonly number[];

  /** @throws RangeError for a size or sample count that is not a positive integer. */
  constructor(scene: Scene, options: SceneRendererOptions) {
    const { widthPx, heightPx, shadows = true, shadowMapPx = 192, samplesPerAxis = 1 } = options;
    for (const [name, value] of Object.entries({ widthPx, heightPx, shadowMapPx, samplesPerAxis })) {
      if (!Number.isInteger(value) || value < 1)
        throw new RangeError(`${name} must be a positive integer, got ${value}`);
    }
    this.#widthPx = widthPx;
    this.#heightPx = heightPx;
    this.#view = new View(widthPx * samplesPerAxis, heightPx * samplesPerAxis);
    this.#opaque = new DepthBuffer(this.#view.widthPx, this.#view.heightPx);
    this.#rasterizer = new Rasterizer(scene, this.#opaque);
    this.#shadows = scene.lights.map((light) =>
      shadows && light.castsShadow ? new ShadowMap(scene, light, shadowMapPx) : undefined,
    );
    const shader = new Shader(scene, this.#shadows);
    this.#assembly = new ImageAssembly(scene, shader, widthPx, samplesPerAxis);
    const indices = scene.geoms.map((_, index) => index);
    const alpha = (index: number) => scene.geoms[index]!.material.alpha;
    this.#opaqueGeoms = indices.filter((index) => alpha(index) >= 1);
    this.#translucentGeoms = indices.filter((index) => alpha(index) > 0 && alpha(index) < 1);
    this.#casters = this.#opaqueGeoms.filter((index) => scene.geoms[index]!.shape !== ShapeType.plane);
    this.#translucent =
      this.#translucentGeoms.length > 0 ? new DepthBuffer(this.#view.widthPx, this.#view.heightPx) : undefined;
  }

  /** Recomputes the shadows. Call it once when poses have changed, before rendering any number of cameras. */
  beginFrame(): void {
    for (const shadow of this.#shadows) shadow?.update(this.#rasterizer, this.#casters);
  }

  /**
   * Draws what a camera sees into `out`: height × width × 3 bytes, top row first.
   *
   * @throws RangeError if `out` has another size.
   */
  render(camera: Camera, out: Uint8Array): void {
    const size = this.#widthPx * this.#heightPx * 3;
    if (out.length !== size) {
      throw new RangeError(`an image of ${this.#widthPx}×${this.#heightPx} needs ${size} bytes, got ${out.length}`);
    }
    this.#view.set(camera.positionM, camera.rotation, tanDegrees(camera.verticalFieldOfViewDegrees / 2));
    this.#opaque.clear();
    this.#rasterizer.draw(this.#opaqueGeoms, this.#view, this.#opaque, "near");
    if (this.#translucent) {
      this.#translucent.clear();
      this.#rasterizer.draw(this.#translucentGeoms, this.#view, this.#translucent, "near");
    }
    for (let row = 0; row < this.#heightPx; row++) {
      const at = row * this.#widthPx * 3;
      this.#assembly.assembleRow(row, this.#view, this.#opaque, this.#translucent, out, at);
    }
  }
}
