import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Env, Observation, StepResult } from "../env.ts";
import { makeEnv } from "../make_env.ts";
import { GRIPPER_CLOSE, GRIPPER_OPEN, GRIPPER_STAY } from "./control/gripper_command.ts";
import { PICK_CUBE_MJCF } from "./mjcf/scene.ts";
import type { PandaEnv } from "./panda_env.ts";
import { makePandaEnv, PANDA_VARIANTS } from "./variants.ts";

const open: Env[] = [];
async function make(id = "PandaPickCube-v0", options: Record<string, unknown> = {}): Promise<PandaEnv> {
  const env = await makePandaEnv(id, options);
  open.push(env);
  return env;
}
afterEach(async () => {
  for (const env of open.splice(0)) await env.close();
});

const act = (x = 0, y = 0, z = 0, gripper = GRIPPER_STAY) => Float32Array.of(x, y, z, gripper);

/** Down, close, up: lifts the cube at its fixed start. */
async function pick(env: Env): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const action of [
    ...Array(4).fill(act(0, 0, -0.6)),
    ...Array(4).fill(act()),
    ...Array(6).fill(act(0, 0, 0, GRIPPER_CLOSE)),
    ...Array(20).fill(act(0, 0, 1)),
  ]) {
    const result = await env.step(action);
    results.push(result);
    if (result.terminated || result.truncated) break;
  }
  return results;
}

test("an episode begins in the home posture, the tool over the cube", async () => {
  const { observation } = await (await make()).reset();
  const state = observation.agent_pos!;
  expect([...state.subarray(0, 7)]).toEqual([...Float32Array.of(0, 0.195, 0, -2.43, 0, 2.62, 0.785)]);
  expect([...state.subarray(7, 15)]).toEqual(Array(8).fill(0));
  expect(state[15]).toBeCloseTo(0.490286, 6);
  expect(state[17]).toBeCloseTo(0.077646, 6);
  expect([...observation.environment_state!].map((value) => Math.round(1e6 * value) / 1e6)).toEqual([0.5, 0, 0.02]);
});

test("lifting the cube by ten centimetres is a success", async () => {
  const env = await make();
  await env.reset();
  const results = await pick(env);
  expect(results.at(-1)).toMatchObject({ reward: 1, terminated: true, truncated: false, info: { succeed: true } });
  expect(results.slice(0, -1).every(({ reward, terminated }) => reward === 0 && !terminated)).toBe(true);
});

test("an episode goes on after success where success is not to end it", async () => {
  const env = await make("PandaPickCube-v0", { terminateOnSuccess: false });
  await env.reset();
  const results = await pick(env);
  const success = results.findIndex(({ reward }) => reward === 1);
  expect(results[success]).toMatchObject({ terminated: false, info: { succeed: true } });
  expect(await env.step(act(0, 0, 0, GRIPPER_STAY))).toMatchObject({ reward: 1, terminated: false });
});

test("the dense reward starts at gym-hil's value and rises with the cube", async () => {
  const env = await make("PandaPickCube-v0", { rewardType: "dense" });
  await env.reset();
  expect((await env.step(act())).reward).toBeCloseTo(0.093, 2);
  await env.reset();
  const results = await pick(env);
  expect(results.at(-1)!.info.succeed).toBe(true);
  expect(results.at(-1)!.reward).toBeGreaterThan(0.9);
});

test("pushing the cube out of its area ends the episode without success", async () => {
  const env = await make();
  await env.reset({ options: { blockPosition: [0.5, 0.15, 0.02] } });
  // Beside the cube, down to its height, then across.
  let last: StepResult | undefined;
  for (const action of [
    ...Array(3).fill(act(0.2, 1, 0)),
    ...Array(3).fill(act(0, 0, -1)),
    ...Array(20).fill(act(0, 1, 0)),
  ]) {
    last = await env.step(action);
    if (last.terminated) break;
  }
  expect(last).toMatchObject({ reward: 0, terminated: true, truncated: false, info: { succeed: false } });
  expect(last!.observation.environment_state![1]).toBeGreaterThan(0.2);
});

test("an episode is cut after the step limit, and its next step is refused until a reset", async () => {
  const env = await make("PandaPickCube-v0", { maxEpisodeSteps: 3 });
  await env.reset();
  await env.step(act());
  await env.step(act());
  expect(await env.step(act())).toMatchObject({ terminated: false, truncated: true });
  await expect(env.step(act())).rejects.toThrow("the episode is over; call reset()");
  await env.reset();
  expect(await env.step(act())).toMatchObject({ truncated: false });
});

test("equal seeds give equal episodes, other seeds other ones, and a reset without a seed continues the generator", async () => {
  const env = await make("PandaPickCube-v0", { randomBlockPosition: true });
  const cubeAfter = async (seed?: number) => {
    const { observation } = await env.reset(seed === undefined ? {} : { seed });
    return [...observation.environment_state!];
  };
  const first = await cubeAfter(7);
  const second = await cubeAfter();
  expect(second).not.toEqual(first);
  expect(await cubeAfter(8)).not.toEqual(first);
  expect(await cubeAfter(7)).toEqual(first);
  expect(await cubeAfter()).toEqual(second);
});

test("random cubes lie in gym-hil's area", async () => {
  const env = await make("PandaPickCube-v0", { randomBlockPosition: true });
  for (let i = 0; i < 200; i++) {
    const [x, y, z] = (await env.reset()).observation.environment_state! as Float32Array;
    expect(x).toBeGreaterThanOrEqual(0.3);
    expect(x).toBeLessThanOrEqual(0.5);
    expect(Math.abs(y!)).toBeLessThanOrEqual(0.15);
    expect(z).toBeCloseTo(0.02, 6);
  }
});

test("an episode leaves nothing behind for the next", async () => {
  const env = await make();
  const play = async () => {
    const { observation } = await env.reset({ seed: 1 });
    const observations: Observation[] = [observation];
    for (let i = 0; i < 5; i++) observations.push((await env.step(act(0.3, -0.2, -0.9, GRIPPER_CLOSE))).observation);
    return observations;
  };
  const first = await play();
  await pick(await restarted(env));
  expect(await play()).toEqual(first);
});

async function restarted(env: Env): Promise<Env> {
  await env.reset();
  return env;
}

test("observations belong to the caller", async () => {
  const env = await make();
  const { observation } = await env.reset();
  const copy = observation.agent_pos!.slice();
  await env.step(act(1, 1, 1, GRIPPER_CLOSE));
  expect(observation.agent_pos).toEqual(copy);
});

test("a command of 0 closes the fingers and 2 opens them", async () => {
  const env = await make();
  await env.reset();
  await env.step(act(0, 0, 1));
  for (let i = 0; i < 8; i++) await env.step(act(0, 0, 0, i === 0 ? GRIPPER_CLOSE : GRIPPER_STAY));
  expect(env.observe().fingerOpening).toBeLessThan(0.05);
  for (let i = 0; i < 8; i++) await env.step(act(0, 0, 0, i === 0 ? GRIPPER_OPEN : GRIPPER_STAY));
  expect(env.observe().fingerOpening).toBeGreaterThan(0.95);
});

test("with gym-hil's sign 2 closes", async () => {
  const env = await make("PandaPickCube-v0", { gripperConvention: "gym_hil" });
  await env.reset();
  const { observation, info } = await env.step(act(0, 0, 0, 2));
  expect(observation.agent_pos![14]).toBe(255);
  expect(info.discrete_penalty).toBe(-0.05);
});

test.each([
  ["PandaPickCube-v0", -0.05],
  ["PandaPickCubeGamepad-v0", -0.02],
  ["PandaPickCubeKeyboard-v0", -0.05],
  ["PandaArrangeBoxes-v0", -0.02],
])("%s charges its own gripper penalty", async (id, penalty) => {
  const env = await make(id);
  await env.reset();
  expect((await env.step(act(0, 0, 0, GRIPPER_CLOSE))).info.discrete_penalty).toBe(penalty);
  expect((await env.step(act(0, 0, 0, GRIPPER_CLOSE))).info.discrete_penalty).toBe(0);
});

test("without the gripper option, and in the base environment, there is no penalty", async () => {
  const plain = await make("PandaPickCube-v0", { useGripper: false });
  await plain.reset();
  expect((await plain.step(act(0, 0, 0, GRIPPER_CLOSE))).info).toEqual({ succeed: false });
  const base = await make("PandaPickCubeBase-v0");
  await base.reset();
  expect((await base.step(new Float32Array(7))).info).toEqual({ succeed: false });
});

test("the target stops at the walls of the workspace", async () => {
  const env = await make("PandaPickCubeBase-v0");
  await env.reset();
  await env.step(Float32Array.of(1, -1, 1, 0, 0, 0, 1));
  expect([...env.toolTarget]).toEqual([0.6, -0.3, 0.5]);
  await env.step(Float32Array.of(-1, 1, -1, 0, 0, 0, 1));
  expect([...env.toolTarget]).toEqual([0.2, 0.3, 0]);
});

test.each([
  [Float32Array.of(0, 0, 0), "takes an action of 4 numbers, got 3"],
  [Float32Array.of(0, Number.NaN, 0, 1), "action[1] is NaN"],
  [Float32Array.of(0, 0, Number.POSITIVE_INFINITY, 1), "action[2] is Infinity"],
])("the action %j is refused and the episode continues unharmed", async (bad, message) => {
  const [env, untouched] = [await make(), await make()];
  await env.reset();
  await untouched.reset();
  await expect(env.step(bad)).rejects.toThrow(message);
  expect(await env.step(act(1))).toEqual(await untouched.step(act(1)));
});

test("stepping before a reset and after closing is refused", async () => {
  const env = await make();
  await expect(env.step(act())).rejects.toThrow("call reset() before the first step()");
  await env.close();
  await expect(env.step(act())).rejects.toThrow("is closed");
  await expect(env.reset()).rejects.toThrow("is closed");
  expect(() => env.observe()).toThrow("is closed");
});

test("a wrong reset option is named and the environment stays usable", async () => {
  const env = await make();
  await expect(env.reset({ options: { blockPos: [0, 0, 0] } })).rejects.toThrow(
    "reset options of PandaPickCube-v0: blockPos",
  );
  await expect(env.reset({ options: { blockPosition: [0, 0] } })).rejects.toThrow("blockPosition");
  await expect(env.reset()).resolves.toBeDefined();
});

test("a custom scene is used, and a bad path or scene is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-scene-"));
  const path = join(folder, "scene.xml");
  await writeFile(path, PICK_CUBE_MJCF.replace('mass="0.1"', 'mass="0.3"'));
  const env = await make("PandaPickCube-v0", { mjcfPath: path });
  await expect(env.reset()).resolves.toBeDefined();
  await writeFile(path, PICK_CUBE_MJCF.replaceAll('"fingers"', '"grip"'));
  await expect(make("PandaPickCube-v0", { mjcfPath: path })).rejects.toThrow('no actuator named "fingers"');
  await expect(make("PandaPickCube-v0", { mjcfPath: join(folder, "none.xml") })).rejects.toThrow("none.xml");
  await rm(folder, { recursive: true });
});

test("image observations replace the cube's position and show what happens", async () => {
  const env = await make("PandaPickCube-v0", { imageObs: true, renderSpec: { height: 48, width: 64 } });
  const { observation } = await env.reset();
  expect(Object.keys(observation).sort()).toEqual(["agent_pos", "pixels.front", "pixels.wrist"]);
  expect(Object.keys(env.observationSpace).sort()).toEqual(Object.keys(observation).sort());
  expect(env.observationSpace["pixels.front"]).toMatchObject({ dtype: "uint8", shape: [48, 64, 3] });
  const before = observation["pixels.front"] as Uint8Array;
  expect(before).toHaveLength(48 * 64 * 3);
  expect(new Set(before).size).toBeGreaterThan(20);
  const after = (await env.step(act(-1, 1, 1))).observation["pixels.front"] as Uint8Array;
  expect(after).not.toEqual(before);
  expect((await env.reset()).observation["pixels.front"]).toEqual(before);
});

test("both cameras see the purple cube at the start", async () => {
  const env = await make("PandaPickCube-v0", { imageObs: true });
  const { observation } = await env.reset({ options: { blockPosition: [0.45, 0.05, 0.02] } });
  for (const key of ["pixels.front", "pixels.wrist"]) {
    const image = observation[key] as Uint8Array;
    let purple = 0;
    for (let i = 0; i < image.length; i += 3) {
      if (image[i]! > 1.3 * image[i + 1]! && image[i + 2]! > 1.3 * image[i + 1]! && image[i]! > 60) purple++;
    }
    expect(purple, key).toBeGreaterThan(20);
  }
});

test("box arrangement: five boxes in five slots, drawn from the seed", async () => {
  const env = await make("PandaArrangeBoxes-v0", { rewardType: "dense" });
  const starts = new Set<number>();
  for (let seed = 0; seed < 20; seed++) {
    const { observation } = await env.reset({ seed });
    const [x, y] = observation.environment_state! as Float32Array;
    expect(x).toBeCloseTo(0.3, 6);
    starts.add(Math.round(y! * 100));
  }
  expect([...starts].sort((a, b) => a - b)).toEqual([-30, -15, 0, 15, 30]);
  const { reward, terminated } = await env.step(act(0, 0, 1));
  expect(reward).toBeGreaterThan(0);
  expect(reward).toBeLessThan(5);
  expect(terminated).toBe(false);
});

test("an id that is no Panda's is answered with the nearest one", async () => {
  await expect(makePandaEnv("PandaPickCub-v0")).rejects.toThrow('Did you mean "PandaPickCube-v0"?');
});

test("every registered id can be made", async () => {
  for (const { id } of PANDA_VARIANTS) {
    const env = await makeEnv(id);
    open.push(env);
    expect(env.id).toBe(id);
    expect(env.actionSpace.shape).toEqual([id.includes("Base") ? 7 : 4]);
    expect(env.controlFrequencyHz).toBe(10);
  }
});
