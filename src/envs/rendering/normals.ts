/** Outward normals at visible points, found after the fact from the point and the face it lies on. */
import { FACES_PER_GEOM } from "./depth_buffer.ts";
import type { GeomTable } from "./geom_table.ts";
import type { SampleBatch } from "./sample_batch.ts";
import { type Scene, ShapeType } from "./scene.ts";
import { capsuleNormal } from "./shapes/capsule.ts";
import { cylinderNormal } from "./shapes/cylinder.ts";
import { ellipsoidNormal } from "./shapes/ellipsoid.ts";
import { rotateIntoGeom, type Vector3 } from "./view.ts";

/** Which of a box's faces looks the way a plane does. */
const UPPER_Z_FACE = 5;
const local: Vector3 = { x: 0, y: 0, z: 0 };

/** Fills in the world normals of all samples that see a surface. */
export function findNormals(batch: SampleBatch, scene: Scene, table: GeomTable): void {
  const { surfaces, points, normals } = batch;
  const { positionsM, rotations } = scene;
  for (let i = 0; i < batch.count; i++) {
    const surface = surfaces[i]!;
    if (surface < 0) continue;
    const geom = (surface / FACES_PER_GEOM) | 0;
    const shape = table.shapes[geom]!;
    if (shape === ShapeType.plane || shape === ShapeType.box) {
      // Flat: a column of the rotation, up to its sign.
      const face = shape === ShapeType.plane ? UPPER_Z_FACE : surface % FACES_PER_GEOM;
      const sign = face & 1 ? 1 : -1;
      const column = 9 * geom + (face >> 1);
      normals[3 * i] = sign * rotations[column]!;
      normals[3 * i + 1] = sign * rotations[column + 3]!;
      normals[3 * i + 2] = sign * rotations[column + 6]!;
      continue;
    }
    const x = points[3 * i]! - positionsM[3 * geom]!;
    const y = points[3 * i + 1]! - positionsM[3 * geom + 1]!;
    const z = points[3 * i + 2]! - positionsM[3 * geom + 2]!;
    rotateIntoGeom(rotations, geom, x, y, z, local);
    replaceByNormal(table, geom, surface % FACES_PER_GEOM, local);
    const at = 9 * geom;
    normals[3 * i] = rotations[at]! * local.x + rotations[at + 1]! * local.y + rotations[at + 2]! * local.z;
    normals[3 * i + 1] = rotations[at + 3]! * local.x + rotations[at + 4]! * local.y + rotations[at + 5]! * local.z;
    normals[3 * i + 2] = rotations[at + 6]! * local.x + rotations[at + 7]! * local.y + rotations[at + 8]! * local.z;
  }
}

/** Turns a curved surface's point in the geom's axes into the normal there. */
function replaceByNormal(table: GeomTable, geom: number, face: number, point: Vector3): void {
  const { shapes, sizesM } = table;
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
