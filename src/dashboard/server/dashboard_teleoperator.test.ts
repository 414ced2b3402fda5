import { expect, test } from "vitest";
import type { DriveInput } from "../protocol.ts";
import { DashboardTeleoperator, IDLE_INPUT } from "./dashboard_teleoperator.ts";

const FORWARD: DriveInput = { intervening: true, motion: [1, 0, 0], gripper: "stay" };
const stamp = (sequence: number) => ({ sequence, sentMs: 100 * sequence });

function stepOf(teleoperator: DashboardTeleoperator) {
  const events = teleoperator.getTeleopEvents();
  return { ...events, action: [...teleoperator.getAction()] };
}

test("a held key counts for exactly the steps it is held", () => {
  const teleoperator = new DashboardTeleoperator({ shape: [4] });
  expect(stepOf(teleoperator)).toMatchObject({ isIntervention: false, action: [0, 0, 0, 1] });
  teleoperator.setInput(FORWARD, stamp(1));
  for (let i = 0; i < 3; i++)
    expect(stepOf(teleoperator)).toMatchObject({ isIntervention: true, action: [1, 0, 0, 1] });
  teleoperator.setInput(IDLE_INPUT, stamp(2));
  expect(stepOf(teleoperator)).toMatchObject({ isIntervention: false, action: [0, 0, 0, 1] });
});

test("a press shorter than a control step counts for one step", () => {
  const teleoperator = new DashboardTeleoperator({ shape: [3] });
  teleoperator.setInput(FORWARD, stamp(1));
  teleoperator.setInput(IDLE_INPUT, stamp(2));
  expect(stepOf(teleoperator)).toMatchObject({ isIntervention: true, action: [1, 0, 0] });
  expect(stepOf(teleoperator).isIntervention).toBe(false);
});

test("the gripper closes with 0, stays with 1 and opens with 2", () => {
  const teleoperator = new DashboardTeleoperator({ shape: [4] });
  const codes = (["close", "stay", "open"] as const).map((gripper, i) => {
    teleoperator.setInput({ ...FORWARD, gripper }, stamp(i));
    return stepOf(teleoperator).action[3];
  });
  expect(codes).toEqual([0, 1, 2]);
});

test("a label is reported once, and not in an episode that starts after it", () => {
  const teleoperator = new DashboardTeleoperator({ shape: [4] });
  teleoperator.setLabel("success");
  expect(stepOf(teleoperator).success).toBe(true);
  expect(stepOf(teleoperator).success).toBe(false);
  teleoperator.setLabel("failure");
  teleoperator.onEpisodeStart();
  expect(stepOf(teleoperator).failure).toBe(false);
});

test("during an intervention a tap between two steps counts for one step, in addition to the held keys", () => {
  const teleoperator = new DashboardTeleoperator({ shape: [4] });
  const resting = { ...FORWARD, motion: [0, 0, 0] as const };
  const input = (motion: readonly [number, number, number], gripper: "stay" | "close" = "stay") =>
    teleoperator.setInput({ intervening: true, motion: [...motion], gripper }, stamp(1));
  input(resting.motion);
  expect(stepOf(teleoperator).action).toEqual([0, 0, 0, 1]);
  input([0, 0, 1]);
  input(resting.motion, "close");
  input([0, -1, 0]);
  expect(stepOf(teleoperator).action).toEqual([0, -1, 1, 0]);
  expect(stepOf(teleoperator).action).toEqual([0, -1, 0, 1]);
  input(resting.motion);
  expect(stepOf(teleoperator).action).toEqual([0, 0, 0, 1]);
});

test("releasing discards all presses", () => {
  const teleoperator = new DashboardTeleoperator({ shape: [4] });
  teleoperator.setInput(FORWARD, stamp(1));
  teleoperator.setLabel("success");
  teleoperator.releaseInput();
  expect(stepOf(teleoperator)).toMatchObject({ isIntervention: false, success: false, action: [0, 0, 0, 1] });
});

test("the latency is reported for inputs that change something", () => {
  let nowMs = 0;
  const applied: [number, number][] = [];
  const teleoperator = new DashboardTeleoperator({ shape: [4] }, () => nowMs);
  teleoperator.onInputApplied = ({ sequence }, waitedMs) => applied.push([sequence, waitedMs]);
  teleoperator.setInput(FORWARD, stamp(1));
  nowMs = 30;
  teleoperator.setInput(FORWARD, stamp(2)); // unchanged, as a keep-alive
  nowMs = 70;
  stepOf(teleoperator);
  stepOf(teleoperator);
  expect(applied).toEqual([[1, 70]]);
});

test("an action space that the page can't steer is refused with the supported ones", () => {
  expect(() => new DashboardTeleoperator({ shape: [7] })).toThrow(
    "actions of shape [3] or [4] (x, y, z, gripper), not [7]",
  );
});

test("a released input still counts as recent steering", () => {
  let nowMs = 0;
  const teleoperator = new DashboardTeleoperator({ shape: [4] }, () => nowMs);
  expect(teleoperator.steeredWithin(1000)).toBe(false);
  teleoperator.setInput(FORWARD, stamp(1));
  expect(teleoperator.steeredWithin(1000)).toBe(true);
  nowMs = 500;
  teleoperator.setInput(IDLE_INPUT, stamp(2));
  nowMs = 1400;
  expect(teleoperator.steeredWithin(1000)).toBe(true);
  nowMs = 1600;
  expect(teleoperator.steeredWithin(1000)).toBe(false);
});
