import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

test("the remaining time is extrapolated from the last minute", () => {
  const pace = new Pace();
  for (let second = 0; second <= 100; second++) pace.add(second, second < 40 ? 0 : 20 * (second - 40));
  expect(pace.secondsFor(400)).toBeCloseTo(20);
});

test("there is no estimate too early, without progress, or after a restart", () => {
  const pace = new Pace();
  pace.add(0, 0);
  pace.add(2, 20);
  expect(pace.secondsFor(100)).toBeUndefined();
  for (let second = 3; second <= 70; second++) pace.add(second, 20);
  expect(pace.secondsFor(100)).toBeUndefined();
  pace.add(0, 0);
  expect(pace.secondsFor(100)).toBeUndefined();
});
