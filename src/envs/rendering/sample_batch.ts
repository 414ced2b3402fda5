/**
 * The samples that are shaded together, as one array per quantity. Shading is a sequence of passes over such a batch:
 * each pass is a short loop over numbers, which runs several times faster than a function call per sample.
 */
import type { View } from "./view.ts";

export class SampleBatch {
  count = 0;
  /** Position in the view's pixel grid (fractions allowed), surface and depth of each sample. */
  readonly columns: Float64Array;
  readonly rows: Float64Array;
  readonly surfaces: Int32Array;
  readonly depthsM: Float64Array;
  /** Distance from the eye, and the unit vector from the point to the eye. 3 numbers per sample from here on. */
  readonly distancesM: Float64Array;
  readonly toEyes: Float64Array;
  /** World position and unit normal of the point seen. */
  readonly points: Float64Array;
  readonly normals: Float64Array;
  /** Light that arrives and is scattered, light that is mirrored, and the colour that results. */
  readonly diffuse: Float64Array;
  readonly specular: Float64Array;
  readonly colors: Float64Array;

  constructor(capacity: number) {
    this.columns = new Float64Array(capacity);
    this.rows = new Float64Array(capacity);
    this.surfaces = new Int32Array(capacity);
    this.depthsM = new Float64Array(capacity);
    this.distancesM = new Float64Array(capacity);
    this.toEyes = new Float64Array(3 * capacity);
    this.points = new Float64Array(3 * capacity);
    this.normals = new Float64Array(3 * capacity);
    this.diffuse = new Float64Array(3 * capacity);
    this.specular = new Float64Array(3 * capacity);
    this.colors = new Float64Array(3 * capacity);
  }
}

/** Fills in distances, directions to the eye and points from the samples' pixels and depths. */
export function locateSamples(batch: SampleBatch, view: View): void {
  const { columns, rows, depthsM, distancesM, toEyes, points } = batch;
  const { x: originX, y: originY, z: originZ } = view.origin;
  const { x: firstX, y: firstY, z: firstZ } = view.firstRay;
  const { x: perColumnX, y: perColumnY, z: perColumnZ } = view.rayPerColumn;
  const { x: perRowX, y: perRowY, z: perRowZ } = view.rayPerRow;
  for (let i = 0; i < batch.count; i++) {
    const column = columns[i]!;
    const row = rows[i]!;
    const depth = depthsM[i]!;
    const rayX = firstX + column * perColumnX + row * perRowX;
    const rayY = firstY + column * perColumnY + row * perRowY;
    const rayZ = firstZ + column * perColumnZ + row * perRowZ;
    const length = Math.sqrt(rayX * rayX + rayY * rayY + rayZ * rayZ);
    const inverse = -1 / length;
    distancesM[i] = depth * length;
    toEyes[3 * i] = rayX * inverse;
    toEyes[3 * i + 1] = rayY * inverse;
    toEyes[3 * i + 2] = rayZ * inverse;
    points[3 * i] = originX + depth * rayX;
    points[3 * i + 1] = originY + depth * rayY;
    points[3 * i + 2] = originZ + depth * rayZ;
  }
}

/** The index after the last of the samples from `start` on that see the same surface: they share what it is made of. */
export function endOfRun({ surfaces, count }: SampleBatch, start: number): number {
  const surface = surfaces[start];
  let end = start + 1;
  while (end < count && surfaces[end] === surface) end++;
  return end;
}
