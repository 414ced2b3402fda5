/** Runs a batch of samples through all shading passes. */
import { GeomTable } from "../geom_table.ts";
import { locateSamples, type SampleBatch } from "../sample_batch.ts";
import type { Scene } from "../scene.ts";
import type { View } from "../view.ts";
import { lightFromCamera, SpotLighting } from "./lighting.ts";
import { findNormals } from "./normals.ts";
import type { ShadowMap } from "./shadow_map.ts";
import { colorSamples } from "./surface_color.ts";

export class Shader {
  readonly #scene: Scene;
  readonly #table: GeomTable;
  readonly #spots: readonly SpotLighting[];

  /** @param shadows One map per light of the scene; undefined where the light casts no shadow. */
  constructor(scene: Scene, shadows: readonly (ShadowMap | undefined)[]) {
    this.#scene = scene;
    this.#table = new GeomTable(scene);
    this.#spots = scene.lights.map((light, i) => new SpotLighting(light, shadows[i]));
  }

  /**
   * Fills in the colours of samples whose pixels, surfaces and depths are given. Values may exceed 1.
   *
   * @param pixelsPerSample How many of the view's pixels lie side by side in one pixel of the image.
   */
  shade(batch: SampleBatch, view: View, pixelsPerSample: number): void {
    locateSamples(batch, view);
    findNormals(batch, this.#scene, this.#table);
    lightFromCamera(batch, this.#scene.headlight);
    for (const spot of this.#spots) spot.addTo(batch);
    colorSamples(batch, this.#scene, this.#table, pixelsPerSample / view.focalLengthPx);
  }
}
