import { expect, test } from "vitest";
import { gripperPenaltyOf } from "./gripper_penalty.ts";

test.each([
  ["closing open fingers", 1, 0, -0.05],
  ["opening closed fingers", -1, 1, -0.05],
  ["closing closed fingers", 1, 1, 0],
  ["opening open fingers", -1, 0, 0],
  ["holding", 0, 0, 0],
  ["closing a little", 0.5, 0, 0],
  ["closing half-open fingers", 1, 0.5, 0],
])("%s costs what it should", (_, delta, position, expected) => {
  expect(gripperPenaltyOf(delta, position, -0.05)).toBe(expected);
});
