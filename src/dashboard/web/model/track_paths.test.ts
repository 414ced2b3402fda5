import { expect, test } from "vitest";
import { trackPaths } from "./track_paths.ts";

const SIZE = { width: 100, height: 26 };

test("every value of a step has a curve, all on one scale, the greatest on top", () => {
  expect(trackPaths(Float32Array.of(0, 10, 5, 10), 2, SIZE)).toEqual(["M0.0 23.0L100.0 13.0", "M0.0 3.0L100.0 3.0"]);
});

test("non-finite values are ignored, a constant is a level line, and an empty track has no curves", () => {
  expect(trackPaths(Float32Array.of(1, Number.NaN, 1), 1, SIZE)).toEqual(["M0.0 23.0L100.0 23.0"]);
  expect(trackPaths(new Float32Array(0), 3, SIZE)).toEqual([]);
});
