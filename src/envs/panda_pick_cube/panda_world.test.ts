import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { PandaWorld } from "./panda_world.ts";
import { PICK_CUBE } from "./tasks/pick_cube_task.ts";

let world: PandaWorld;
beforeAll(async () => {
  world = await PandaWorld.load(PICK_CUBE, 0.002);
});
afterAll(() => world.close());
beforeEach(() => world.reset());

test("the target starts on the tool, whatever the posture", () => {
  const posture = [0.2, 0.1, -0.1, -2.2, 0.1, 2.4, 0.6];
  world.reset(posture);
  world.simulation.forward();
  expect([...world.readToolPosition(new Float64Array(3))]).toEqual([...world.target]);
});

test("without a command the arm stays where it is", () => {
  const before = world.readToolPosition(new Float64Array(3));
  world.advance(100);
  const after = world.readToolPosition(new Float64Array(3));
  for (let axis = 0; axis < 3; axis++) expect(Math.abs(after[axis]! - before[axis]!)).toBeLessThan(1e-3);
});

test("closing takes the original gripper's time: two thirds of the way in 0.15 s, all of it in 0.7 s", () => {
  world.gripperPosition = 1;
  world.advance(74);
  expect(0.8 * (1 - world.fingerOpening)).toBeCloseTo(0.604, 1);
  world.advance(276);
  expect(0.8 * (1 - world.fingerOpening)).toBeCloseTo(0.797, 2);
});

test("closing on the cube stops at its width", () => {
  world.moveTarget(0.01, 0, -0.058);
  world.advance(400);
  world.gripperPosition = 1;
  world.advance(400);
  expect(0.8 * (1 - world.fingerOpening)).toBeCloseTo(0.467, 1);
});

test("the commanded gripper position stays within its range", () => {
  world.gripperPosition = 3;
  expect(world.gripperPosition).toBe(1);
  world.gripperPosition = -1;
  expect(world.gripperPosition).toBe(0);
});

test("unstable physics is an error instead of a silent restart, and a reset repairs it", () => {
  world.advance(10);
  world.simulation.velocities[0] = Number.NaN;
  expect(() => world.advance(10)).toThrow("the physics became unstable; call reset()");
  world.reset();
  expect(() => world.advance(10)).not.toThrow();
});
