/** Turns depth buffers into pixels, one image row at a time: picks the samples worth shading, then averages them. */
import { type DepthBuffer, FACES_PER_GEOM } from "./depth_buffer.ts";
import { toByte, toneMap } from "./display.ts";
import { SampleBatch } from "./sample_batch.ts";
import type { Scene } from "./scene.ts";
import type { Shader } from "./shading/shader.ts";
import type { View } from "./view.ts";

export class ImageAssembly {
  readonly #scene: Scene;
  readonly #shader: Shader;
  readonly #samplesPerAxis: number;
  readonly #solid: SampleBatch;
  /** Translucent surfaces in front of some of the solid samples, and which ones those are. */
  readonly #veils: SampleBatch;
  readonly #veiled: Int32Array;
  /** How many consecutive solid samples make up each pixel of the row. */
  readonly #samplesOfPixel: Int32Array;

  constructor(scene: Scene, shader: Shader, widthPx: number, samplesPerAxis: number) {
    const capacity = widthPx * samplesPerAxis ** 2;
    this.#scene = scene;
    this.#shader = shader;
    this.#samplesPerAxis = samplesPerAxis;
    this.#solid = new SampleBatch(capacity);
    this.#veils = new SampleBatch(capacity);
    this.#veiled = new Int32Array(capacity);
    this.#samplesOfPixel = new Int32Array(widthPx);
  }

  /**
   * Writes one row of pixels to `out`, from byte `at` on.
   *
   * @param opaque Depths of all samples of the image, `samplesPerAxis` times as wide and high as the image.
   * @param translucent The same for translucent surfaces; undefined if there are none.
   */
  assembleRow(
    row: number,
    view: View,
    opaque: DepthBuffer,
    translucent: DepthBuffer | undefined,
    out: Uint8Array,
    at: number,
  ): void {
    this.#gather(row * this.#samplesPerAxis, opaque, translucent);
    this.#shader.shade(this.#solid, view, this.#samplesPerAxis);
    if (this.#veils.count > 0) {
      this.#shader.shade(this.#veils, view, this.#samplesPerAxis);
      this.#blendVeils();
    }
    this.#resolve(out, at);
  }

  /** One sample for a pixel that sees the same surface everywhere, all of its samples for the others. */
  #gather(top: number, opaque: DepthBuffer, translucent: DepthBuffer | undefined): void {
    const samples = this.#samplesPerAxis;
    this.#solid.count = 0;
    this.#veils.count = 0;
    for (let pixel = 0; pixel < this.#samplesOfPixel.length; pixel++) {
      const before = this.#solid.count;
      const left = pixel * samples;
      const uniform =
        isUniform(opaque, left, top, samples) && (!translucent || isUniform(translucent, left, top, samples));
      if (uniform) {
        this.#add(opaque, translucent, left, top, samples);
      } else {
        for (let y = 0; y < samples; y++) {
          for (let x = 0; x < samples; x++) this.#add(opaque, translucent, left + x, top + y, 1);
        }
      }
      this.#samplesOfPixel[pixel] = this.#solid.count - before;
    }
  }

  /** Adds the middle of a square of `side` × `side` depth samples. */
  #add(opaque: DepthBuffer, translucent: DepthBuffer | undefined, left: number, top: number, side: number): void {
    const solid = this.#solid;
    addSample(solid, opaque, left, top, side);
    if (!translucent || !isInFront(translucent, opaque, left, top)) return;
    this.#veiled[this.#veils.count] = solid.count - 1;
    addSample(this.#veils, translucent, left, top, side);
  }

  #blendVeils(): void {
    const veils = this.#veils;
    for (let i = 0; i < veils.count; i++) {
      const { alpha } = this.#scene.geoms[(veils.surfaces[i]! / FACES_PER_GEOM) | 0]!.material;
      const behind = 3 * this.#veiled[i]!;
      for (let c = 0; c < 3; c++) {
        const color = this.#solid.colors[behind + c]!;
        this.#solid.colors[behind + c] = color + (veils.colors[3 * i + c]! - color) * alpha;
      }
    }
  }

  #resolve(out: Uint8Array, at: number): void {
    const { colors } = this.#solid;
    const samplesOfPixel = this.#samplesOfPixel;
    let byte = at;
    let from = 0;
    for (let pixel = 0; pixel < samplesOfPixel.length; pixel++) {
      const end = from + 3 * samplesOfPixel[pixel]!;
      const weight = 1 / samplesOfPixel[pixel]!;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (; from < end; from += 3) {
        red += toneMap(colors[from]!);
        green += toneMap(colors[from + 1]!);
        blue += toneMap(colors[from + 2]!);
      }
      out[byte] = toByte(red * weight);
      out[byte + 1] = toByte(green * weight);
      out[byte + 2] = toByte(blue * weight);
      byte += 3;
    }
  }
}

/** Whether all samples of a square see the same surface. */
function isUniform({ surfaces, widthPx }: DepthBuffer, left: number, top: number, side: number): boolean {
  if (side === 1) return true;
  const surface = surfaces[top * widthPx + left];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) if (surfaces[(top + y) * widthPx + left + x] !== surface) return false;
  }
  return true;
}

function isInFront(nearer: DepthBuffer, farther: DepthBuffer, left: number, top: number): boolean {
  const at = top * nearer.widthPx + left;
  return nearer.depthsM[at]! < farther.depthsM[at]!;
}

/** Appends the centre of a square of samples that see one surface, at their mean depth. */
function addSample(batch: SampleBatch, buffer: DepthBuffer, left: number, top: number, side: number): void {
  const at = top * buffer.widthPx + left;
  const middle = (side - 1) / 2;
  const i = batch.count++;
  batch.columns[i] = left + middle;
  batch.rows[i] = top + middle;
  batch.surfaces[i] = buffer.surfaces[at]!;
  batch.depthsM[i] = side === 1 ? buffer.depthsM[at]! : meanDepth(buffer, at, side);
}

function meanDepth({ depthsM, widthPx }: DepthBuffer, at: number, side: number): number {
  let sum = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) sum += depthsM[at + y * widthPx + x]!;
  }
  return sum / (side * side);
}
