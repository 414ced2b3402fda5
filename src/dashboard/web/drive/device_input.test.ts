import { expect, test } from "vitest";
import { DEFAULT_KEYS, DEFAULT_PAD, HELD_ACTIONS } from "./bindings.ts";
import { driveInput, heldActions, inputOfActions, inputOfPad, type PadState, withDeadZone } from "./device_input.ts";

const codes = (...held: string[]) => inputOfActions(heldActions(new Set(held), DEFAULT_KEYS, HELD_ACTIONS));

function pad(axes: number[], pressed: number[] = []): PadState {
  const buttons = Array.from({ length: 17 }, (_, i) => ({ pressed: pressed.includes(i), value: 0 }));
  return { mapping: "standard", axes, buttons };
}

test("held keys add up; opposite keys cancel out but still steer", () => {
  expect(codes("ArrowUp", "ArrowLeft", "KeyW")).toEqual({ motion: [1, 1, 1], gripper: "stay", engaged: true });
  expect(codes("ArrowUp", "ArrowDown")).toEqual({ motion: [0, 0, 0], gripper: "stay", engaged: true });
  expect(codes()).toEqual({ motion: [0, 0, 0], gripper: "stay", engaged: false });
  expect(codes("KeyA").gripper).toBe("close");
  expect(codes("KeyA", "KeyD").gripper).toBe("stay");
});

test("sticks up and left are forward and left, as in gym-hil", () => {
  const { motion } = inputOfPad(pad([-1, -1, 0, -1]), DEFAULT_PAD);
  expect(motion).toEqual([1, 1, 1]);
});

test("a stick is 0 within the dead zone and continuous at its border", () => {
  expect(withDeadZone(0.1, 0.1)).toBe(0);
  expect(withDeadZone(-0.1001, 0.1)).toBeCloseTo(0, 3);
  expect(withDeadZone(0.55, 0.1)).toBeCloseTo(0.5);
  expect(withDeadZone(-1, 0.1)).toBe(-1);
  expect(withDeadZone(1.2, 0.1)).toBe(1);
});

test("a trigger counts as held from half of its travel", () => {
  const state = pad([0, 0, 0, 0]);
  const half = {
    ...state,
    buttons: state.buttons.map((button, i) => (i === 7 ? { pressed: false, value: 0.6 } : button)),
  };
  expect(inputOfPad(half, DEFAULT_PAD).gripper).toBe("open");
});

test("held mode: a gamepad does not steer without its take-over button", () => {
  const stick = pad([0, -1, 0, 0]);
  expect(driveInput([inputOfPad(stick, DEFAULT_PAD)], "held", false)).toEqual({
    intervening: false,
    motion: [0, 0, 0],
    gripper: "stay",
  });
  const engaged = pad([0, -1, 0, 0], [DEFAULT_PAD.buttons.intervene]);
  expect(driveInput([inputOfPad(engaged, DEFAULT_PAD)], "held", false)).toMatchObject({
    intervening: true,
    motion: [1, 0, 0],
  });
});

test("toggled mode: no input holds the arm still, and nothing moves before taking over", () => {
  expect(driveInput([codes()], "toggled", true)).toEqual({ intervening: true, motion: [0, 0, 0], gripper: "stay" });
  expect(driveInput([codes("ArrowUp")], "toggled", false).intervening).toBe(false);
});

test("the sum of two devices never exceeds a full action", () => {
  const engaged = pad([0, -1, 0, 0], [DEFAULT_PAD.buttons.intervene]);
  expect(driveInput([codes("ArrowUp"), inputOfPad(engaged, DEFAULT_PAD)], "held", false).motion[0]).toBe(1);
});
