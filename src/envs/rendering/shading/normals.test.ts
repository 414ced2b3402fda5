import { describe, expect, it } from "vitest";
import { contains, geom, lookAt, makeScene, randomRotation, type Vector } from "../../../../test/rendering/scenes.ts";
import { Random } from "../../../tensor/random.ts";
import { DepthBuffer, NO_SURFACE } from "../depth_buffer.ts";
import { GeomTable } from "../geom_table.ts";
import { Rasterizer } from "../rasterizer.ts";
import { locateSamples, SampleBatch } from "../sample_batch.ts";
import { ShapeType } from "../scene.ts";
import { View } from "../view.ts";
import { findNormals } from "./normals.ts";

const SIZE_PX = 24;

describe.each([
  ["sphere", ShapeType.sphere, [0.12, 0, 0]],
  ["capsule", ShapeType.capsule, [0.06, 0.12, 0]],
  ["ellipsoid", ShapeType.ellipsoid, [0.05, 0.1, 0.16]],
  ["cylinder", ShapeType.cylinder, [0.09, 0.05, 0]],
  ["box", ShapeType.box, [0.05, 0.09, 0.13]],
] as const)("the normals of a %s", (_, shape, sizeM) => {
  it("have length 1, face the eye and stand on the tangent plane", () => {
    const random = new Random(3);
    const solid = geom(shape, sizeM, [0.02, -0.01, 0.03], { rotation: randomRotation(random) });
    const scene = makeScene([solid]);
    const camera = lookAt([0.5, 0.3, 0.4], [0, 0, 0], 30);
    const view = new View(SIZE_PX, SIZE_PX);
    view.set(camera.positionM, camera.rotation, 0.27);
    const buffer = new DepthBuffer(SIZE_PX, SIZE_PX);
    new Rasterizer(scene, buffer).draw([0], view, buffer, "near");
    const batch = new SampleBatch(SIZE_PX ** 2);
    buffer.surfaces.forEach((surface, pixel) => {
      if (surface === NO_SURFACE) return;
      const i = batch.count++;
      batch.columns[i] = pixel % SIZE_PX;
      batch.rows[i] = Math.floor(pixel / SIZE_PX);
      batch.surfaces[i] = surface;
      batch.depthsM[i] = buffer.depthsM[pixel]!;
    });
    locateSamples(batch, view);
    findNormals(batch, scene, new GeomTable(scene));
    expect(batch.count).toBeGreaterThan(40);
    for (let i = 0; i < batch.count; i++) {
      const normal = [...batch.normals.subarray(3 * i, 3 * i + 3)] as unknown as Vector;
      const point = [...batch.points.subarray(3 * i, 3 * i + 3)] as unknown as Vector;
      const toEye = batch.toEyes.subarray(3 * i, 3 * i + 3);
      expect(Math.abs(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2 - 1)).toBeLessThan(1e-4);
      expect(normal[0] * toEye[0]! + normal[1] * toEye[1]! + normal[2] * toEye[2]!).toBeGreaterThan(-1e-3);
      // All shapes are convex: outside one side of the tangent plane everywhere, inside just below the point.
      const along = (distance: number, sidewaysM: Vector = [0, 0, 0]): Vector => [
        point[0] + distance * normal[0] + sidewaysM[0],
        point[1] + distance * normal[1] + sidewaysM[1],
        point[2] + distance * normal[2] + sidewaysM[2],
      ];
      expect(contains(solid, along(-1e-4))).toBe(true);
      let above = 0;
      for (let k = 0; k < 8; k++) {
        const draw: Vector = [random.normal(0, 0.05), random.normal(0, 0.05), random.normal(0, 0.05)];
        const height = draw[0] * normal[0] + draw[1] * normal[1] + draw[2] * normal[2];
        if (contains(solid, along(1e-4 - height, draw))) above++;
      }
      expect(above).toBe(0);
    }
  });
});
