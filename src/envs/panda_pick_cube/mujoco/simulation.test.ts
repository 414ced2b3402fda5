import { afterEach, expect, test } from "vitest";
import { PICK_CUBE_MJCF } from "../mjcf/scene.ts";
import { Simulation } from "./simulation.ts";

const open: Simulation[] = [];
async function load(mjcf = PICK_CUBE_MJCF, timeStepS?: number): Promise<Simulation> {
  const simulation = await Simulation.load(mjcf, timeStepS);
  open.push(simulation);
  return simulation;
}
afterEach(() => {
  for (const simulation of open.splice(0)) simulation.close();
});

test("loading and closing does not grow the heap", async () => {
  const loadAndClose = async () => {
    const simulation = await Simulation.load(PICK_CUBE_MJCF);
    const heapBytes = simulation.positions.buffer.byteLength;
    simulation.close();
    return heapBytes;
  };
  const before = await loadAndClose();
  for (let i = 0; i < 50; i++) await loadAndClose();
  expect(await loadAndClose()).toBe(before);
});

test("the arm has the mass and the degrees of freedom of its model", async () => {
  const simulation = await load();
  const { model } = simulation.native;
  expect(simulation.degreesOfFreedom).toBe(21);
  expect([model.nq, model.nu, model.neq]).toEqual([22, 8, 3]);
  expect(model.body_subtreemass[1]).toBeCloseTo(17.7445, 2);
});

test("views survive growth of the WASM heap", async () => {
  const simulation = await load();
  simulation.positions[0] = 0.25;
  simulation.forward();
  const stale = simulation.positions;
  const { mujoco } = simulation.native;
  const hoard = [];
  while (stale.length > 0) hoard.push(new mujoco.DoubleBuffer(1 << 20));
  expect(stale[0]).toBeUndefined();
  expect(simulation.positions[0]).toBe(0.25);
  const jacobian = new Float64Array(42);
  simulation.readSiteJacobian(simulation.id("site", "pinch"), 7, jacobian);
  expect(jacobian.every(Number.isFinite)).toBe(true);
  expect(jacobian.some((value) => value !== 0)).toBe(true);
  for (const buffer of hoard) buffer.delete();
});

test("the physics step can be chosen", async () => {
  const simulation = await load(PICK_CUBE_MJCF, 0.001);
  expect(simulation.timeStepS).toBe(0.001);
  simulation.step();
  expect(simulation.native.data.time).toBeCloseTo(0.001, 12);
});

test("closing twice is harmless", async () => {
  const simulation = await Simulation.load(PICK_CUBE_MJCF);
  simulation.close();
  expect(() => simulation.close()).not.toThrow();
});

test("a scene that isn't valid is refused with MuJoCo's reason and line, and the next one loads", async () => {
  await expect(load("<mujoco>\n<worldbdy/></mujoco>")).rejects.toThrow(
    /could not compile the scene: .*worldbdy.*line 2/s,
  );
  await expect(load()).resolves.toBeInstanceOf(Simulation);
});

test("an unknown name is named", async () => {
  const simulation = await load();
  expect(() => simulation.id("site", "pinsh")).toThrow('the scene has no site named "pinsh"');
});
