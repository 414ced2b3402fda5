/** Outward normals at visible points, found after the fact from the point and the face it lies on. */
import { FACES_PER_GEOM, NO_SURFACE } from "../depth_buffer.ts";
import type { GeomTable } from "../geom_table.ts";
import { endOfRun, type SampleBatch } from "../sample_batch.ts";
import { type Scene, ShapeType } from "../scene.ts";
import { capsuleNormal } from "../shapes/capsule.ts";
import { cylinderNormal } from "../shapes/cylinder.ts";
import { ellipsoidNormal } from "../shapes/ellipsoid.ts";
import { rotateIntoGeom, type Vector3 } from "../view.ts";

/** Which of a box's faces looks the way a plane does. */
const UPPER_Z_FACE = 5;
const local: Vector3 = { x: 0, y: 0, z: 0 };

/** Fills in the world normals of all samples that see a surface. */
export function findNormals(batch: SampleBatch, scene: Scene, table: GeomTable): void {
  for (let start = 0; start < batch.count; ) {
    const end = endOfRun(batch, start);
    const surface = batch.surfaces[start]!;
    if (surface !== NO_SURFACE) {
      const geom = Math.floor(surface / FACES_PER_GEOM);
      const face = surface % FACES_PER_GEOM;
      const shape = table.shapes[geom]!;
      if (shape === ShapeType.plane) setFlat(batch, start, end, scene.rotations, geom, UPPER_Z_FACE);
      else if (shape === ShapeType.box) setFlat(batch, start, end, scene.rotations, geom, face);
      else setCurved(batch, start, end, scene, table, geom, face);
    }
    start = end;
  }
}

/** Faces of a box, numbered as in `shapes/box.ts`: a column of the rotation, up to its sign. */
function setFlat(
  { normals }: SampleBatch,
  start: number,
  end: number,
  rotations: Float64Array,
  geom: number,
  face: number,
): void {
  const sign = face & 1 ? 1 : -1;
  const column = 9 * geom + (face >> 1);
  const x = sign * rotations[column]!;
  const y = sign * rotations[column + 3]!;
  const z = sign * rotations[column + 6]!;
  for (let at = 3 * start; at < 3 * end; at += 3) {
    normals[at] = x;
    normals[at + 1] = y;
    normals[at + 2] = z;
  }
}

function setCurved(
  { points, normals }: SampleBatch,
  start: number,
  end: number,
  { positionsM, rotations }: Scene,
  table: GeomTable,
  geom: number,
  face: number,
): void {
  const axes = 9 * geom;
  for (let at = 3 * start; at < 3 * end; at += 3) {
    const x = points[at]! - positionsM[3 * geom]!;
    const y = points[at + 1]! - positionsM[3 * geom + 1]!;
    const z = points[at + 2]! - positionsM[3 * geom + 2]!;
    rotateIntoGeom(rotations, geom, x, y, z, local);
    replaceByNormal(table, geom, face, local);
    normals[at] = rotations[axes]! * local.x + rotations[axes + 1]! * local.y + rotations[axes + 2]! * local.z;
    normals[at + 1] = rotations[axes + 3]! * local.x + rotations[axes + 4]! * local.y + rotations[axes + 5]! * local.z;
    normals[at + 2] = rotations[axes + 6]! * local.x + rotations[axes + 7]! * local.y + rotations[axes + 8]! * local.z;
  }
}

/** Turns a curved surface's point in the geom's axes into the normal there. */
function replaceByNormal({ shapes, sizesM }: GeomTable, geom: number, face: number, point: Vector3): void {
  const sizeX = sizesM[3 * geom]!;
  const sizeY = sizesM[3 * geom + 1]!;
  switch (shapes[geom]) {
    case ShapeType.capsule:
      capsuleNormal(point, sizeX, sizeY);
      break;
    case ShapeType.cylinder:
      cylinderNormal(face, point, sizeX);
      break;
    case ShapeType.ellipsoid:
      ellipsoidNormal(point, sizeX, sizeY, sizesM[3 * geom + 2]!);
      break;
  }
}
