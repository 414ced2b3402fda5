/** Colours of samples: the material in the light that reaches it, the sky, and haze over endless planes. */
import { checkerShare } from "./checker.ts";
import { FACES_PER_GEOM } from "./depth_buffer.ts";
import type { GeomTable } from "./geom_table.ts";
import type { SampleBatch } from "./sample_batch.ts";
import type { Scene, Sky } from "./scene.ts";
import { rotateIntoGeom, type Vector3 } from "./view.ts";

/** Distance at which an endless plane has half disappeared. */
const HAZE_M = 4;
const local: Vector3 = { x: 0, y: 0, z: 0 };

/**
 * Fills in the samples' colours; they may exceed 1.
 *
 * @param slopePerPixel Width of a pixel at a depth of 1 m.
 */
export function colorSamples(batch: SampleBatch, scene: Scene, table: GeomTable, slopePerPixel: number): void {
  const { surfaces, distancesM, diffuse, specular, colors } = batch;
  for (let i = 0; i < batch.count; i++) {
    const surface = surfaces[i]!;
    if (surface < 0) {
      colorSky(batch, i, scene.sky);
      continue;
    }
    const geom = (surface / FACES_PER_GEOM) | 0;
    const share = table.squaresM[geom]! > 0 ? oddShare(batch, i, scene, table, geom, slopePerPixel) : 0;
    const shine = table.speculars[geom]!;
    const at = 3 * i;
    const from = 6 * geom;
    const rest = 1 - share;
    const red = table.colors[from]! * rest + table.colors[from + 3]! * share;
    const green = table.colors[from + 1]! * rest + table.colors[from + 4]! * share;
    const blue = table.colors[from + 2]! * rest + table.colors[from + 5]! * share;
    colors[at] = red * diffuse[at]! + shine * specular[at]!;
    colors[at + 1] = green * diffuse[at + 1]! + shine * specular[at + 1]!;
    colors[at + 2] = blue * diffuse[at + 2]! + shine * specular[at + 2]!;
    if (table.endless[geom]) addHaze(colors, i, distancesM[i]!, scene.sky);
  }
}

/** How much of a pixel on a checkered geom shows the second colour. */
function oddShare(
  { points, normals, toEyes, depthsM }: SampleBatch,
  sample: number,
  { positionsM, rotations }: Scene,
  { squaresM }: GeomTable,
  geom: number,
  slopePerPixel: number,
): number {
  const at = 3 * sample;
  const x = points[at]! - positionsM[3 * geom]!;
  const y = points[at + 1]! - positionsM[3 * geom + 1]!;
  const z = points[at + 2]! - positionsM[3 * geom + 2]!;
  rotateIntoGeom(rotations, geom, x, y, z, local);
  const facing = normals[at]! * toEyes[at]! + normals[at + 1]! * toEyes[at + 1]! + normals[at + 2]! * toEyes[at + 2]!;
  // A pixel covers a strip 1 / facing times as long as it is wide; the window is a square of the same area.
  const widthM = (depthsM[sample]! * slopePerPixel) / Math.sqrt(Math.max(facing, 1e-6));
  const perSquare = 1 / squaresM[geom]!;
  return checkerShare(local.x * perSquare, local.y * perSquare, widthM * perSquare);
}

function colorSky({ colors, toEyes }: SampleBatch, sample: number, { horizon, zenith }: Sky): void {
  const share = Math.max(0, -toEyes[3 * sample + 2]!);
  for (let c = 0; c < 3; c++) colors[3 * sample + c] = horizon[c]! + (zenith[c]! - horizon[c]!) * share;
}

/** Mixes in the horizon: the more, the farther away. */
function addHaze(colors: Float64Array, sample: number, distanceM: number, { horizon }: Sky): void {
  const ratio = (distanceM * distanceM) / (HAZE_M * HAZE_M);
  const share = 1 - 1 / (1 + ratio * ratio);
  for (let c = 0; c < 3; c++) {
    const color = colors[3 * sample + c]!;
    colors[3 * sample + c] = color + (horizon[c]! - color) * share;
  }
}
