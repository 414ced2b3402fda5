import { describe, expect, it } from "vitest";
import {
  geom,
  lookAt,
  makeScene,
  marchThrough,
  type PlacedGeom,
  randomRotation,
} from "../../../test/rendering/scenes.ts";
import { Random } from "../../tensor/random.ts";
import { DepthBuffer, NO_SURFACE, type Side } from "./depth_buffer.ts";
import { tanDegrees } from "./exact_math.ts";
import { Rasterizer } from "./rasterizer.ts";
import { type Camera, ShapeType } from "./scene.ts";
import { View } from "./view.ts";

const SIZE_PX = 40;
const STEP = 0.004;

function draw(geoms: readonly PlacedGeom[], camera: Camera, side: Side = "near") {
  const view = new View(SIZE_PX, SIZE_PX);
  view.set(camera.positionM, camera.rotation, tanDegrees(camera.verticalFieldOfViewDegrees / 2));
  const buffer = new DepthBuffer(SIZE_PX, SIZE_PX);
  new Rasterizer(makeScene(geoms), buffer).draw([...geoms.keys()], view, buffer, side);
  return { view, buffer };
}

function rayOf({ firstRay, rayPerColumn, rayPerRow }: View, column: number, row: number) {
  const along = (axis: "x" | "y" | "z") => firstRay[axis] + column * rayPerColumn[axis] + row * rayPerRow[axis];
  return [along("x"), along("y"), along("z")] as const;
}

const SOLIDS = [
  ["sphere", ShapeType.sphere, [0.12, 0, 0]],
  ["capsule", ShapeType.capsule, [0.06, 0.12, 0]],
  ["ellipsoid", ShapeType.ellipsoid, [0.05, 0.1, 0.16]],
  ["cylinder", ShapeType.cylinder, [0.09, 0.05, 0]],
  ["box", ShapeType.box, [0.05, 0.09, 0.13]],
] as const;

describe.each(SOLIDS)("a drawn %s", (name, shape, sizeM) => {
  it("covers the pixels, and lies at the depths, that a march along every ray finds", () => {
    const random = new Random(SOLIDS.findIndex(([other]) => other === name));
    for (let pose = 0; pose < 3; pose++) {
      const place = [random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.1)] as const;
      const solid = geom(shape, sizeM, place, { rotation: randomRotation(random) });
      const from = [0.6, random.uniform(-0.2, 0.2), random.uniform(-0.3, 0.3)] as const;
      const camera = lookAt(from, [0, 0, 0], 35);
      const { view, buffer: near } = draw([solid], camera, "near");
      const { buffer: far } = draw([solid], camera, "far");
      let covered = 0;
      let worst = 0;
      let thickestMissed = 0;
      for (let row = 0; row < SIZE_PX; row++) {
        for (let column = 0; column < SIZE_PX; column++) {
          const pixel = row * SIZE_PX + column;
          const reference = marchThrough(solid, from, rayOf(view, column, row), STEP, 1.2);
          const [enter, leave] = [near.depthsM[pixel]!, far.depthsM[pixel]!];
          if (reference) {
            covered++;
            worst = Math.max(worst, Math.abs(enter - reference.enter), Math.abs(leave - reference.leave));
          } else if (near.surfaces[pixel] !== NO_SURFACE) {
            thickestMissed = Math.max(thickestMissed, leave - enter);
          }
        }
      }
      expect(covered).toBeGreaterThan(100);
      expect(worst).toBeLessThan(1e-6);
      // Only a sliver thinner than a step can escape the march.
      expect(thickestMissed).toBeLessThan(STEP);
    }
  });

  it("is drawn when rays run exactly along its axes", () => {
    const odd = new View(3, 3);
    odd.set([0, 0, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1], 0.1);
    const solid = geom(shape, sizeM, [0, 0, 0]);
    const buffer = new DepthBuffer(3, 3);
    new Rasterizer(makeScene([solid]), buffer).draw([0], odd, buffer, "near");
    const top = marchThrough(solid, [0, 0, 1], [0, 0, -1], STEP, 2)!.enter;
    expect(buffer.depthsM[4]).toBeCloseTo(top, 6);
  });

  it("is not seen from inside, nor from in front of it looking away", () => {
    const solid = geom(shape, sizeM, [0, 0, 0]);
    for (const camera of [lookAt([0.01, 0, 0], [1, 0, 0]), lookAt([0.5, 0, 0], [1, 0, 0])]) {
      expect(draw([solid], camera).buffer.surfaces.every((surface) => surface === NO_SURFACE)).toBe(true);
    }
  });

  it("fills the picture correctly when it reaches behind the eye", () => {
    const solid = geom(shape, [sizeM[0] * 8, sizeM[1] * 8, sizeM[2] * 8], [0, 0, 0]);
    const isBoxLike = shape === ShapeType.box || shape === ShapeType.ellipsoid;
    const halfWidthY = 8 * (isBoxLike ? sizeM[1] : sizeM[0]);
    const from = [-0.1, halfWidthY + 0.1, 0] as const;
    const { view, buffer } = draw([solid], lookAt(from, [1, halfWidthY - 0.5, 0]));
    let covered = 0;
    for (let pixel = 0; pixel < SIZE_PX ** 2; pixel += 7) {
      const ray = rayOf(view, pixel % SIZE_PX, Math.floor(pixel / SIZE_PX));
      const reference = marchThrough(solid, from, ray, STEP, 6);
      if (!reference) continue;
      covered++;
      expect(buffer.depthsM[pixel]).toBeCloseTo(reference.enter, 5);
    }
    expect(covered).toBeGreaterThan(10);
  });
});

describe("a drawn plane", () => {
  const above = lookAt([0, 0, 1], [0.5, 0, 0]);

  it("lies where rays reach its height", () => {
    const { view, buffer } = draw([geom(ShapeType.plane, [0, 0, 0], [0, 0, 0.25])], above);
    for (let pixel = 0; pixel < SIZE_PX ** 2; pixel++) {
      const [, , z] = rayOf(view, pixel % SIZE_PX, Math.floor(pixel / SIZE_PX));
      if (z < 0) expect(buffer.depthsM[pixel]).toBeCloseTo(-0.75 / z, 4);
      else expect(buffer.surfaces[pixel]).toBe(NO_SURFACE);
    }
  });

  it("ends at its half extents and is invisible from below", () => {
    const { view, buffer } = draw([geom(ShapeType.plane, [0.3, 0.2, 0], [0, 0, 0])], above);
    for (let pixel = 0; pixel < SIZE_PX ** 2; pixel++) {
      const [x, y, z] = rayOf(view, pixel % SIZE_PX, Math.floor(pixel / SIZE_PX));
      const inside = z < 0 && Math.abs(-x / z) <= 0.3 && Math.abs(-y / z) <= 0.2;
      expect(buffer.surfaces[pixel] !== NO_SURFACE).toBe(inside);
    }
    const below = draw([geom(ShapeType.plane, [0, 0, 0], [0, 0, 0])], lookAt([0, 0, -1], [0.2, 0, 0]));
    expect(below.buffer.surfaces.every((surface) => surface === NO_SURFACE)).toBe(true);
  });
});

describe("several geoms", () => {
  it("hide each other by depth, whatever order they come in", () => {
    const front = geom(ShapeType.sphere, [0.05, 0, 0], [0.2, 0, 0]);
    const behind = geom(ShapeType.box, [0.1, 0.1, 0.1], [-0.2, 0, 0]);
    const camera = lookAt([1, 0.1, 0.1], [0, 0, 0], 30);
    const one = draw([front, behind], camera).buffer;
    const other = draw([behind, front], camera).buffer;
    expect(one.depthsM).toEqual(other.depthsM);
    const distinct = new Set(Array.from(one.surfaces, (surface) => Math.floor(surface / 8)));
    expect([...distinct].sort()).toEqual([-1, 0, 1]);
  });
});
