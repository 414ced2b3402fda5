/**
 * Soft shadows of one light. The map holds, per direction from the light, the depth at which the first shape is *left*
 * (second-depth shadow mapping, Wang & Molnar 1994): a lit surface is always well in front of its own shape's far side,
 * so surfaces do not shadow themselves. Looking the map up averages over a box of texels (percentage-closer
 * filtering, Reeves, Salesin & Cook 1987), which is the soft edge.
 */
import { DepthBuffer } from "../depth_buffer.ts";
import { tanDegrees } from "../exact_math.ts";
import type { Rasterizer } from "../rasterizer.ts";
import type { Scene, SpotLight } from "../scene.ts";
import { View } from "../view.ts";
import { ShadowTiles } from "./shadow_tiles.ts";

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
    this.#aim();
    this.#buffer.clear();
    rasterizer.draw(casters, this.#view, this.#buffer, "far");
    this.#tiles.update(this.#buffer.depthsM);
  }

  /** The share of the light that reaches a world point, in [0, 1]. Outside the map everything is lit. */
  visibility(pointX: number, pointY: number, pointZ: number): number {
    const { origin, rightAxis, upAxis, backAxis, focalLengthPx, widthPx } = this.#view;
    const x = pointX - origin.x;
    const y = pointY - origin.y;
    const z = pointZ - origin.z;
    const depth = -(backAxis.x * x + backAxis.y * y + backAxis.z * z);
    const scale = focalLengthPx / depth;
    // Half a texel up and left of the point, from where the texels of its neighbourhood are counted.
    const center = widthPx / 2 - 1;
    const column = center + scale * (rightAxis.x * x + rightAxis.y * y + rightAxis.z * z);
    const row = center - scale * (upAxis.x * x + upAxis.y * y + upAxis.z * z);
    if (!(depth > 0 && column >= 0 && row >= 0 && column < widthPx - 2 && row < widthPx - 2)) return 1;
    const left = column | 0;
    const top = row | 0;
    const tile = this.#tiles.tileOf(left, top);
    if (this.#tiles.nearestM[tile]! > depth - BIAS_M) return 1;
    if (this.#tiles.farthestM[tile]! <= depth - BIAS_M) return 0;
    return litShare(this.#buffer, left, top, column - left, row - top, depth - BIAS_M);
  }

  /** Looks just at the focus sphere; or, from inside it and for narrow lamps, along the whole cone. */
  #aim(): void {
    const { positionM, direction } = this.#light;
    const { centerM, radiusM } = this.#focus;
    const x = centerM[0] - positionM[0]!;
    const y = centerM[1] - positionM[1]!;
    const z = centerM[2] - positionM[2]!;
    const squared = x * x + y * y + z * z;
    const tanFocus = squared > radiusM * radiusM ? radiusM / Math.sqrt(squared - radiusM * radiusM) : Infinity;
    if (tanFocus < this.#tanCutoff) {
      const scale = 1 / Math.sqrt(squared);
      orient(x * scale, y * scale, z * scale, this.#rotation);
      this.#view.set(positionM, this.#rotation, tanFocus);
    } else {
      orient(direction[0]!, direction[1]!, direction[2]!, this.#rotation);
      this.#view.set(positionM, this.#rotation, this.#tanCutoff);
    }
  }
}

/** Some rotation whose third column points against a direction. */
function orient(forwardX: number, forwardY: number, forwardZ: number, out: Float64Array): void {
  const backX = -forwardX;
  const backY = -forwardY;
  const backZ = -forwardZ;
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
 * The share of a box of 2 × 2 texels in which the map is deeper than `depth`. The box lies in the 3 × 3 texels from
 * `(left, top)` on and cuts the outer ones: `right` and `down`, in [0, 1), say how much of the last ones is inside.
 */
function litShare(
  { depthsM, widthPx }: DepthBuffer,
  left: number,
  top: number,
  right: number,
  down: number,
  depth: number,
): number {
  let sum = 0;
  for (let i = 0, at = top * widthPx + left; i < 3; i++, at += widthPx) {
    let lit = depthsM[at]! > depth ? 1 - right : 0;
    if (depthsM[at + 1]! > depth) lit += 1;
    if (depthsM[at + 2]! > depth) lit += right;
    sum += i === 0 ? lit * (1 - down) : i === 2 ? lit * down : lit;
  }
  return sum / 4;
}
