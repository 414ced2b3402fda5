import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Simulation } from "../mujoco/simulation.ts";
import { PICK_CUBE } from "../tasks/pick_cube_task.ts";
import { OperationalSpaceController } from "./operational_space_control.ts";
import type { Quaternion } from "./rotations.ts";

const DOWN: Quaternion = [0, 1, 0, 0];
let simulation: Simulation;
let site: number;
let controller: OperationalSpaceController;
const position = new Float64Array(3);
const rotation = new Float64Array(9);

beforeAll(async () => {
  simulation = await Simulation.load(PICK_CUBE.mjcf);
  site = simulation.id("site", "pinch");
});
afterAll(() => simulation.close());
beforeEach(() => {
  controller = new OperationalSpaceController(simulation, site, PICK_CUBE.homePosture);
  simulation.resetState();
  simulation.positions.set(PICK_CUBE.homePosture);
  simulation.forward();
});

function hold(target: Float64Array, seconds: number): void {
  for (let i = 0; i < seconds / simulation.timeStepS; i++) {
    simulation.controls.set(controller.update(target, DOWN));
    simulation.step();
  }
  simulation.forward();
  simulation.readSitePose(site, position, rotation);
}

test("the tool settles on the target and keeps pointing down", () => {
  hold(Float64Array.of(0.35, 0.2, 0.3), 2);
  expect(position[0]).toBeCloseTo(0.35, 3);
  expect(position[1]).toBeCloseTo(0.2, 3);
  expect(position[2]).toBeCloseTo(0.3, 3);
  expect(rotation[8]).toBeCloseTo(-1, 4);
});

test("at the target and at rest, torques only carry the arm's weight", () => {
  simulation.readSitePose(site, position, rotation);
  const torques = controller.update(position.slice(), DOWN);
  const bias = simulation.biasForces;
  for (let joint = 0; joint < 7; joint++) expect(Math.abs(torques[joint]! - bias[joint]!)).toBeLessThan(0.5);
});

test("a stretched arm goes through the pseudo-inverse and its torques stay finite", () => {
  simulation.positions.set([0, 0, 0, -0.07, 0, 0, 0]);
  simulation.forward();
  const torques = controller.update(Float64Array.of(0.5, 0, 0.2), DOWN);
  expect(controller.singularities).toBe(1);
  expect(torques.every(Number.isFinite)).toBe(true);
});
