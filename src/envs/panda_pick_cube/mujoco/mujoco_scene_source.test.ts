import { afterAll, beforeAll, expect, test } from "vitest";
import { POSE_SIZE } from "../../scene_source.ts";
import type { PandaEnv } from "../panda_env.ts";
import { makePandaEnv } from "../variants.ts";

let env: PandaEnv;
beforeAll(async () => {
  env = await makePandaEnv("PandaPickCube-v0");
  await env.reset({ seed: 1, options: { blockPosition: [0.4, 0.1, 0.02] } });
});
afterAll(() => env.close());

const poses = () => {
  const out = new Float32Array(env.sceneSource.description.bodies * POSE_SIZE);
  env.sceneSource.readPoses(out);
  return out;
};

test("the description survives JSON, and every geom hangs on a streamed body", () => {
  const { description } = env.sceneSource;
  expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  expect(description.geoms.length).toBeGreaterThan(20);
  for (const { body } of description.geoms) {
    expect(body).toBeGreaterThanOrEqual(0);
    expect(body).toBeLessThan(description.bodies);
  }
});

test("the cube is drawn where it lies", () => {
  const { geoms } = env.sceneSource.description;
  const cube = geoms.find(({ shape, size_m }) => shape === "box" && size_m.every((half) => half === 0.02))!;
  const at = Array.from(poses().subarray(cube.body * POSE_SIZE, cube.body * POSE_SIZE + 3));
  expect(at[0]).toBeCloseTo(0.4, 5);
  expect(at[1]).toBeCloseTo(0.1, 5);
  expect(at[2]).toBeCloseTo(0.02, 5);
});

test("the guides say where the tool is, what it can reach, and what is to be lifted", () => {
  const { guides } = env.sceneSource.description;
  const frame = poses();
  const bodyAt = (body: number) => Array.from(frame.subarray(body * POSE_SIZE, body * POSE_SIZE + 3));
  expect(bodyAt(guides!.lift!.body)).toEqual([0.4, 0.1, 0.02].map((value) => expect.closeTo(value, 5)));
  expect(guides!.lift!.height_m).toBe(0.1);
  expect(guides!.workspace).toEqual({ low_m: [0.2, -0.3, 0], high_m: [0.6, 0.3, 0.5] });
  const hand = bodyAt(guides!.tool!.body);
  const [x, y, z] = env.observe().toolPositionM as unknown as [number, number, number];
  expect(Math.hypot(hand[0]! - x, hand[1]! - y, hand[2]! - z)).toBeCloseTo(Math.hypot(...guides!.tool!.position_m), 3);
});

test("poses follow the arm, with unit quaternions", async () => {
  const before = poses();
  for (let i = 0; i < 5; i++) await env.step(Float32Array.of(1, 0, 0, 1));
  const after = poses();
  expect(after).not.toEqual(before);
  for (let body = 0; body < env.sceneSource.description.bodies; body++) {
    const quaternion = after.subarray(body * POSE_SIZE + 3, body * POSE_SIZE + 7);
    expect(Math.hypot(...quaternion)).toBeCloseTo(1, 5);
  }
});
