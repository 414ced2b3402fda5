import { expect, test } from "vitest";
import { AxisFinder, type AxisTrial, ButtonFinder } from "./assign_pad.ts";

const pad = (axes: number[], down: number[] = []) => ({
  mapping: "",
  axes,
  buttons: Array.from({ length: 11 }, (_, i) => ({ pressed: down.includes(i), value: 0 })),
});

/** Reads these values of axis 3 of 4, each held for half a second. */
function tryAxis(rest: number, values: number[]): AxisTrial {
  const finder = new AxisFinder(pad([0, 0, rest, -1]));
  let result: AxisTrial = { state: "waiting" };
  let nowMs = 0;
  for (const value of values) {
    for (const until = nowMs + 500; nowMs < until; nowMs += 20) {
      result = finder.read(pad([0, 0, value, -1]), nowMs);
      if (result.state === "found" || result.state === "refused") return result;
    }
  }
  return result;
}

test("a stick is identified by a push and its return, with the direction of the push", () => {
  expect(tryAxis(0.02, [0.02, 1, 0.05])).toEqual({ state: "found", binding: { axis: 2, inverted: false } });
  expect(tryAxis(0, [-0.9, 0])).toEqual({ state: "found", binding: { axis: 2, inverted: true } });
  expect(tryAxis(0, [0.3, 0])).toEqual({ state: "waiting" });
  expect(tryAxis(0, [1])).toEqual({ state: "pushed" });
});

test("a trigger is refused, also one that reads 0 until its first movement", () => {
  expect(tryAxis(-1, [-1, 1])).toMatchObject({ state: "refused", reason: expect.stringContaining("rests at -1.0") });
  expect(tryAxis(0, [0, 1, -1])).toMatchObject({ state: "refused", reason: expect.stringContaining("trigger") });
});

test("axes that are not numbers are ignored", () => {
  expect(tryAxis(Number.NaN, [Number.NaN, 1, 0])).toEqual({ state: "waiting" });
});

test("a pressed button is identified; one that was already down is not", () => {
  const finder = new ButtonFinder(pad([], [4]));
  expect(finder.read(pad([], [4]))).toBeUndefined();
  expect(finder.read(pad([], [4, 6]))).toBe(6);
  const other = new ButtonFinder(pad([], [4]));
  other.read(pad([]));
  expect(other.read(pad([], [4]))).toBe(4);
});
