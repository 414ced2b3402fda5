import { PerspectiveCamera, Vector3 } from "three";
import { describe, expect, test } from "vitest";
import { cameraFor, compassPlace, FIELD_OF_VIEW_DEG, framingOf } from "./framing.ts";

const workspace = { low_m: [0.2, -0.3, 0], high_m: [0.6, 0.3, 0.5] } as const;
const scene: Parameters<typeof framingOf>[0] = {
  guides: { workspace: { low_m: [...workspace.low_m], high_m: [...workspace.high_m] } },
  focus: { center_m: [0, 0, 0], radius_m: 1 },
};
const framing = framingOf(scene);

/** Screen coordinates: −1 to 1 from left to right and from bottom to top. */
function onScreen(point: readonly [number, number, number], aspect: number) {
  const camera = new PerspectiveCamera(FIELD_OF_VIEW_DEG, aspect, 0.02, 20);
  camera.up.set(0, 0, 1);
  const { position, target } = cameraFor(framing, aspect);
  camera.position.set(...position);
  camera.lookAt(...target);
  camera.updateMatrixWorld();
  const { x, y, z } = new Vector3(...point).project(camera);
  return { x, y, depth: z };
}

describe.each([16 / 9, 1, 9 / 16])("in a picture of %d : 1", (aspect) => {
  test("right on the keys is right on the screen, and forward is up and away", () => {
    const here = onScreen([0.4, 0, 0.1], aspect);
    const right = onScreen([0.4, -0.1, 0.1], aspect);
    const forward = onScreen([0.5, 0, 0.1], aspect);
    expect(right.x).toBeGreaterThan(here.x);
    expect(Math.abs(right.x - here.x)).toBeGreaterThan(Math.abs(right.y - here.y) / aspect);
    expect(forward.y).toBeGreaterThan(here.y);
    expect(forward.depth).toBeGreaterThan(here.depth);
  });

  test("robot, compass and the reachable floor are in view and fill it", () => {
    const [x, y] = compassPlace(scene);
    const edges = [];
    for (const point of [
      [0, 0, 0.7],
      [-0.12, 0.12, 0],
      [0.12, -0.12, 0],
      [x - 0.12, y - 0.12, 0],
      [x + 0.12, y - 0.12, 0],
      [0.2, -0.3, 0],
      [0.2, 0.3, 0],
      [0.6, -0.3, 0],
      [0.6, 0.3, 0],
    ] as const) {
      const seen = onScreen(point, aspect);
      edges.push(Math.max(Math.abs(seen.x), Math.abs(seen.y)));
    }
    expect(Math.max(...edges)).toBeGreaterThan(0.9);
    expect(Math.max(...edges)).toBeLessThan(1);
  });
});

test("without guides the view shows the scene's focus", () => {
  const { target } = cameraFor(framingOf({ focus: { center_m: [1, 2, 3], radius_m: 2 } }), 1);
  target.forEach((value, axis) => {
    expect(value).toBeCloseTo([1, 2, 3][axis]!);
  });
});
