import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

test("steps to come take as long as those of the last minute", () => {
  const pace = new Pace();
  for (let second = 0; second <= 100; second++) pace.add(second, second < 40 ? 0 : 20 * (second - 40));
  expect(pace.secondsFor(400)).toBeCloseTo(20);
});

test("nothing is said too early, while nothing moves, or of a run that began again", () => {
  const pace = new Pace();
  pace.add(0, 0);
  pace.add(2, 20);
  expect(pace.secondsFor(100)).toBeUndefined();
  for (let second = 3; second <= 70; second++) pace.add(second, 20);
  expect(pace.secondsFor(100)).toBeUndefined();
  pace.add(0, 0);
  expect(pace.secondsFor(100)).toBeUndefined();
});
