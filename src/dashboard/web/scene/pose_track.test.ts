import { expect, test } from "vitest";
import { interpolatePoses, PoseTrack } from "./pose_track.ts";

const at = (x: number) => Float32Array.of(x, 0, 0, 1, 0, 0, 0);
const frame = (x: number, episode = 1) => ({ poses: at(x), episode });

test("poses are interpolated between two control steps", () => {
  const track = new PoseTrack();
  track.push(frame(0), 0, true);
  track.push(frame(1), 100, true);
  expect(track.sample(150)![0]).toBeCloseTo(0.5);
  expect(track.isMoving(150)).toBe(true);
  expect(track.sample(500)![0]).toBe(1);
  expect(track.isMoving(201)).toBe(false);
});

test("an early frame makes no jump", () => {
  const track = new PoseTrack();
  track.push(frame(0), 0, true);
  track.push(frame(1), 100, true);
  track.push(frame(2), 150, true);
  expect(track.sample(150)![0]).toBeCloseTo(0.5);
});

test.each([
  ["a new episode", frame(5, 2), 100, true],
  ["a long gap", frame(5), 5000, true],
  ["less motion asked for", frame(5), 100, false],
] as const)("%s is a jump, not a motion", (_, next, nowMs, smooth) => {
  const track = new PoseTrack();
  track.push(frame(0), 0, true);
  track.push(next, nowMs, smooth);
  expect(track.sample(nowMs)![0]).toBe(5);
});

test("a quarter turn passes through an eighth, with either sign of the quaternion", () => {
  const half = Math.SQRT1_2;
  const turned = Float32Array.of(0, 0, 0, half, 0, 0, half);
  for (const sign of [1, -1]) {
    const to = turned.map((value, i) => (i < 3 ? value : sign * value));
    const [, , , w, , , z] = interpolatePoses(at(0), to, 0.5);
    expect(w).toBeCloseTo(Math.cos(Math.PI / 8), 5);
    expect(z).toBeCloseTo(Math.sin(Math.PI / 8), 5);
  }
});
