import { expect, test } from "vitest";
import { actionSpaceOf, commandOf, type PandaActionKind } from "./panda_action.ts";

const eeStepSize = { x: 0.02, y: 0.03, z: 0.04 };

function command(kind: PandaActionKind, convention: "handrail" | "gym_hil", ...action: number[]) {
  const options = { eeStepSize, gripperConvention: convention };
  return commandOf(Float32Array.from(action), actionSpaceOf(kind, convention), kind, options);
}

test("an end-effector action is scaled by the step size of each axis", () => {
  expect(command("end_effector", "handrail", 1, -1, 0.5, 1)).toEqual({ moveM: [0.02, -0.03, 0.02], gripperDelta: 0 });
});

test("the base action is in metres and its rotations do nothing", () => {
  const { moveM, gripperDelta } = command("base", "handrail", 0.5, 0.25, -0.125, 1, 1, 1, 0);
  expect(moveM).toEqual([0.5, 0.25, -0.125]);
  expect(gripperDelta).toBe(1);
});

test("only gym-hil's base action counts the gripper from −1 to 1", () => {
  expect(command("base", "gym_hil", 0, 0, 0, 0, 0, 0, 1).gripperDelta).toBe(1);
  expect([...(actionSpaceOf("base", "gym_hil").low as Float32Array)].at(-1)).toBe(-1);
  expect([...(actionSpaceOf("end_effector", "gym_hil").high as Float32Array)].at(-1)).toBe(2);
});

test("numbers outside the space count as its nearest bound", () => {
  expect(command("end_effector", "handrail", 5, -5, 0, -3)).toEqual({ moveM: [0.02, -0.03, 0], gripperDelta: 1 });
});

test("with gym-hil's sign the same number does the opposite", () => {
  expect(command("end_effector", "gym_hil", 0, 0, 0, 2).gripperDelta).toBe(1);
  expect(command("end_effector", "handrail", 0, 0, 0, 2).gripperDelta).toBe(-1);
});
