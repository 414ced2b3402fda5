/** Colours of samples: the material in the light that reaches it, the sky, and haze over endless planes. */

import { FACES_PER_GEOM, NO_SURFACE } from "../depth_buffer.ts";
import type { GeomTable } from "../geom_table.ts";
import { endOfRun, type SampleBatch } from "../sample_batch.ts";
import type { Scene, Sky } from "../scene.ts";
import { checkerShare } from "./checker.ts";

/** Distance at which an endless plane has half disappeared. */
const HAZE_M = 4;

/**
 * Fills in the samples' colours; they may exceed 1.
 *
 * @param slopePerPixel Width of a pixel at a depth of 1 m.
 */
export function colorSamples(batch: SampleBatch, scene: Scene, table: GeomTable, slopePerPixel: number): void {
  for (let start = 0; start < batch.count; ) {
    const end = endOfRun(batch, start);
    const surface = batch.surfaces[start]!;
    if (surface === NO_SURFACE) paintSky(batch, start, end, scene.sky);
    else {
      const geom = Math.floor(surface / FACES_PER_GEOM);
      if (table.squaresM[geom]! > 0) paintChecker(batch, start, end, scene, table, geom, slopePerPixel);
      else paintPlain(batch, start, end, table, geom);
      if (table.endless[geom]) addHaze(batch, start, end, scene.sky);
    }
    start = end;
  }
}

function paintPlain(batch: SampleBatch, start: number, end: number, table: GeomTable, geom: number): void {
  const { diffuse, specular, colors } = batch;
  const red = table.colors[6 * geom]!;
  const green = table.colors[6 * geom + 1]!;
  const blue = table.colors[6 * geom + 2]!;
  const shine = table.speculars[geom]!;
  for (let at = 3 * start; at < 3 * end; at += 3) {
    colors[at] = red * diffuse[at]! + shine * specular[at]!;
    colors[at + 1] = green * diffuse[at + 1]! + shine * specular[at + 1]!;
    colors[at + 2] = blue * diffuse[at + 2]! + shine * specular[at + 2]!;
  }
}

function paintChecker(
  batch: SampleBatch,
  start: number,
  end: number,
  { positionsM, rotations }: Scene,
  table: GeomTable,
  geom: number,
  slopePerPixel: number,
): void {
  const { points, normals, toEyes, depthsM, diffuse, specular, colors } = batch;
  const perSquare = 1 / table.squaresM[geom]!;
  const slope = slopePerPixel * perSquare;
  const shine = table.speculars[geom]!;
  const originX = positionsM[3 * geom]!;
  const originY = positionsM[3 * geom + 1]!;
  const originZ = positionsM[3 * geom + 2]!;
  // The geom's x and y axes, in squares.
  const ux = rotations[9 * geom]! * perSquare;
  const uy = rotations[9 * geom + 3]! * perSquare;
  const uz = rotations[9 * geom + 6]! * perSquare;
  const vx = rotations[9 * geom + 1]! * perSquare;
  const vy = rotations[9 * geom + 4]! * perSquare;
  const vz = rotations[9 * geom + 7]! * perSquare;
  const { colors: palette } = table;
  const first = 6 * geom;
  for (let i = start; i < end; i++) {
    const at = 3 * i;
    const x = points[at]! - originX;
    const y = points[at + 1]! - originY;
    const z = points[at + 2]! - originZ;
    const facing = normals[at]! * toEyes[at]! + normals[at + 1]! * toEyes[at + 1]! + normals[at + 2]! * toEyes[at + 2]!;
    // A pixel covers a strip 1 / facing times as long as it is wide; the window is a square of the same area.
    const width = (depthsM[i]! * slope) / Math.sqrt(Math.max(facing, 1e-6));
    const odd = checkerShare(ux * x + uy * y + uz * z, vx * x + vy * y + vz * z, width);
    const even = 1 - odd;
    colors[at] = (palette[first]! * even + palette[first + 3]! * odd) * diffuse[at]! + shine * specular[at]!;
    colors[at + 1] =
      (palette[first + 1]! * even + palette[first + 4]! * odd) * diffuse[at + 1]! + shine * specular[at + 1]!;
    colors[at + 2] =
      (palette[first + 2]! * even + palette[first + 5]! * odd) * diffuse[at + 2]! + shine * specular[at + 2]!;
  }
}

function paintSky({ colors, toEyes }: SampleBatch, start: number, end: number, { horizon, zenith }: Sky): void {
  for (let at = 3 * start; at < 3 * end; at += 3) {
    const up = Math.max(0, -toEyes[at + 2]!);
    colors[at] = horizon[0] + (zenith[0] - horizon[0]) * up;
    colors[at + 1] = horizon[1] + (zenith[1] - horizon[1]) * up;
    colors[at + 2] = horizon[2] + (zenith[2] - horizon[2]) * up;
  }
}

/** Mixes in the horizon: the more, the farther away. */
function addHaze({ colors, distancesM }: SampleBatch, start: number, end: number, { horizon }: Sky): void {
  const [red, green, blue] = horizon;
  for (let i = start; i < end; i++) {
    const at = 3 * i;
    const ratio = (distancesM[i]! * distancesM[i]!) / (HAZE_M * HAZE_M);
    const clear = 1 / (1 + ratio * ratio);
    colors[at] = red + (colors[at]! - red) * clear;
    colors[at + 1] = green + (colors[at + 1]! - green) * clear;
    colors[at + 2] = blue + (colors[at + 2]! - blue) * clear;
  }
}
