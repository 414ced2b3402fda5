import { expect, test } from "vitest";
import { GRIPPER_CLOSE, GRIPPER_OPEN, GRIPPER_STAY, gripperDeltaOf } from "./gripper_command.ts";

test.each([
  ["close", GRIPPER_CLOSE, 1],
  ["stay", GRIPPER_STAY, 0],
  ["open", GRIPPER_OPEN, -1],
  ["half close", 0.5, 0.5],
])("the command %s closes the fingers by the right amount", (_, command, delta) => {
  expect(gripperDeltaOf(command, "handrail")).toBeCloseTo(delta, 12);
});

test.each([0, 0.25, 1, 1.5, 2])("gym-hil's sign of %d is the mirror image", (command) => {
  expect(gripperDeltaOf(command, "gym_hil")).toBeCloseTo(-gripperDeltaOf(command, "handrail"), 12);
});
