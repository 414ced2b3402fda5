/**
 * Soft shadows of one light. The map holds, per direction from the light, the depth at which the first shape is *left*
 * (second-depth shadow mapping, Wang & Molnar 1994): a lit surface is always well in front of its own shape's far side,
 * so surfaces do not shadow themselves. Looking the map up averages a bilinear 4 × 4 neighbourhood (percentage-closer
 * filtering, Reeves, Salesin & Cook 1987), which is the soft edge.
 */
import { DepthBuffer } from "./depth_buffer.ts";
import { tanDegrees } from "./exact_math.ts";
import type { Rasterizer } from "./rasterizer.ts";
import type { SampleBatch } from "./sample_batch.ts";
import type { Scene, SpotLight } from "./scene.ts";
import { ShadowTiles } from "./shadow_tiles.ts";
import { View } from "./view.ts";

/** A shape's far side may touch the surface behind it (a cube on the floor): what lies this close is not in shadow. */
const BIAS_M = 0.002;

export class ShadowMap {
  readonly #light: SpotLight;
  readonly #focus: Scene["focus"];
  readonly #tanCutoff: number;
  readonly #view: View;
  readonly #buffer: DepthBuffer;
  readonly #rotation = new Float64Array(9);
  readonly #tiles: ShadowTiles;

  constructor(scene: Scene, light: SpotLight, sizePx: number) {
    this.#light = light;
    this.#focus = scene.focus;
    this.#tanCutoff = tanDegrees(light.cutoffDegrees);
    this.#view = new View(sizePx, sizePx);
    this.#buffer = new DepthBuffer(sizePx, sizePx);
    this.#tiles = new ShadowTiles(sizePx);
  }

  /** Redraws the map for the scene's present poses. */
  update(rasterizer: Rasterizer, casters: readonly number[]): void {
    const { positionM, direction } = this.#light;
    orient(direction, this.#rotation);
    this.#view.set(positionM, this.#rotation, Math.min(this.#tanCutoff, this.#tanAroundFocus()));
    this.#buffer.clear();
    rasterizer.draw(casters, this.#view, this.#buffer, "far");
    this.#tiles.update(this.#buffer.depthsM);
  }

  /** Multiplies each sample's strength by the share of the light that reaches it. Outside the map everything is lit. */
  dim({ count, points }: SampleBatch, strengths: Float64Array): void {
    const { focalLengthPx, widthPx } = this.#view;
    const { x: originX, y: originY, z: originZ } = this.#view.origin;
    const { x: rightX, y: rightY, z: rightZ } = this.#view.rightAxis;
    const { x: upX, y: upY, z: upZ } = this.#view.upAxis;
    const { x: backX, y: backY, z: backZ } = this.#view.backAxis;
    const depths = this.#buffer.depthsM;
    const tiles = this.#tiles;
    const { nearestM, farthestM } = tiles;
    const center = (widthPx - 1) / 2;
    for (let i = 0; i < count; i++) {
      if (strengths[i] === 0) continue;
      const x = points[3 * i]! - originX;
      const y = points[3 * i + 1]! - originY;
      const z = points[3 * i + 2]! - originZ;
      const depth = -(backX * x + backY * y + backZ * z);
      const scale = focalLengthPx / depth;
      const column = center + scale * (rightX * x + rightY * y + rightZ * z);
      const row = center - scale * (upX * x + upY * y + upZ * z);
      if (!(depth > 0 && column >= 1 && row >= 1 && column < widthPx - 2 && row < widthPx - 2)) continue;
      const left = column | 0;
      const top = row | 0;
      const blockedFrom = depth - BIAS_M;
      const tile = tiles.tileOf(left - 1, top - 1);
      if (nearestM[tile]! > blockedFrom) continue;
      if (farthestM[tile]! <= blockedFrom) strengths[i] = 0;
      else {
        const corner = (top - 1) * widthPx + left - 1;
        strengths[i] = strengths[i]! * litShare(depths, widthPx, corner, column - left, row - top, blockedFrom);
      }
    }
  }

  /** Half width of the square around the axis that holds the whole focus sphere; Infinity if the light is inside it. */
  #tanAroundFocus(): number {
    const { centerM, radiusM } = this.#focus;
    const { positionM } = this.#light;
    const rotation = this.#rotation;
    const dx = centerM[0] - positionM[0]!;
    const dy = centerM[1] - positionM[1]!;
    const dz = centerM[2] - positionM[2]!;
    const depth = -(rotation[2]! * dx + rotation[5]! * dy + rotation[8]! * dz);
    if (!(depth > radiusM)) return Number.POSITIVE_INFINITY;
    const base = depth * depth - radiusM * radiusM;
    const reach = (offset: number) => (Math.abs(offset) * depth + radiusM * Math.sqrt(offset * offset + base)) / base;
    return Math.max(
      reach(rotation[0]! * dx + rotation[3]! * dy + rotation[6]! * dz),
      reach(rotation[1]! * dx + rotation[4]! * dy + rotation[7]! * dz),
    );
  }
}

/** Some rotation whose third column points against `direction`. */
function orient(direction: Float64Array, out: Float64Array): void {
  const backX = -direction[0]!;
  const backY = -direction[1]!;
  const backZ = -direction[2]!;
  // right = up × back, with whichever of +z and +y is not nearly parallel to the light.
  const steep = Math.abs(backZ) > 0.9;
  let rightX = steep ? backZ : -backY;
  let rightY = steep ? 0 : backX;
  let rightZ = steep ? -backX : 0;
  const scale = 1 / Math.sqrt(rightX * rightX + rightY * rightY + rightZ * rightZ);
  rightX *= scale;
  rightY *= scale;
  rightZ *= scale;
  out[0] = rightX;
  out[3] = rightY;
  out[6] = rightZ;
  out[1] = backY * rightZ - backZ * rightY;
  out[4] = backZ * rightX - backX * rightZ;
  out[7] = backX * rightY - backY * rightX;
  out[2] = backX;
  out[5] = backY;
  out[8] = backZ;
}

/**
 * The share of a 3 × 3 texel box in which the map is deeper than `depth`. The box lies in the 4 × 4 texels from `corner`
 * on, `right` and `down` texels (in [0, 1)) from their upper left.
 */
function litShare(
  depths: Float32Array,
  widthPx: number,
  corner: number,
  right: number,
  down: number,
  depth: number,
): number {
  const left = 1 - right;
  let at = corner;
  let sum = (1 - down) * litInRow(depths, at, left, right, depth);
  at += widthPx;
  sum += litInRow(depths, at, left, right, depth);
  at += widthPx;
  sum += litInRow(depths, at, left, right, depth);
  at += widthPx;
  sum += down * litInRow(depths, at, left, right, depth);
  return sum / 9;
}

function litInRow(depths: Float32Array, at: number, left: number, right: number, depth: number): number {
  let lit = depths[at]! > depth ? left : 0;
  if (depths[at + 1]! > depth) lit += 1;
  if (depths[at + 2]! > depth) lit += 1;
  return depths[at + 3]! > depth ? lit + right : lit;
}
