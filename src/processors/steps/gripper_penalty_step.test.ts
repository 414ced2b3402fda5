import { expect, test } from "vitest";
import { Tensor } from "../../tensor/tensor.ts";
import { makeTransition } from "../transition.ts";
import { GripperPenaltyProcessorStep } from "./gripper_penalty_step.ts";

test.each([
  ["open, commanded to close", 5, 100, -0.05],
  ["closed, commanded to open", 95, 0, -0.05],
  ["open, commanded to open", 5, 0, 0],
  ["closed, commanded to close", 95, 100, 0],
  ["half open, commanded to close", 50, 100, 0],
  ["open, commanded to move a little", 5, 50, 0],
])("a gripper that is %s", (_, measured, command, expected) => {
  const step = new GripperPenaltyProcessorStep({ penalty: -0.05, maxGripperPosition: 100 });
  const action = Tensor.of([6], [0, 0, 0, 0, 0, command]);
  const result = step.apply(makeTransition({ action, complementaryData: { gripper_position: measured } }));
  expect(result.complementaryData).toEqual({ gripper_position: measured, discrete_penalty: expected });
  expect(result.reward).toBe(0);
});

test("the gripper penalty needs the measured position, and is not a bonus", () => {
  const step = new GripperPenaltyProcessorStep();
  expect(() => step.apply(makeTransition({ action: Tensor.of([1], [100]) }))).toThrow('"gripper_position" is missing');
  expect(() => new GripperPenaltyProcessorStep({ penalty: 0.1 })).toThrow("penalty must be at most 0");
});
