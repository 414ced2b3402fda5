import { expect, test } from "vitest";
import { BoundedSeries } from "./bounded_series.ts";
import { chartData, valueRange } from "./chart_data.ts";

function series(points: readonly (readonly [number, number])[]): BoundedSeries {
  const made = new BoundedSeries();
  for (const [x, y] of points) made.add(x, y);
  return made;
}
const early = series([
  [10, 1],
  [20, 2],
]);
const late = series([
  [20, 5],
  [30, 6],
]);

test("curves with different steps share one table", () => {
  const { table } = chartData(
    [
      { name: "a", series: early, color: "machine" },
      { name: "b", series: late, color: "machine" },
    ],
    0,
    false,
  );
  expect(table).toEqual([
    [10, 20, 30],
    [1, 2, null],
    [null, 5, 6],
  ]);
});

test("smoothing keeps the reported values behind the mean; shares are not smoothed", () => {
  const line = { name: "a", series: series([0, 9, 0, 9, 0].map((y, x) => [x, y])), color: "machine" };
  expect(chartData([line], 1, false).curves.map(({ look }) => look)).toEqual(["faint", "line"]);
  expect(chartData([line], 1, false).table[2]).toEqual([0, 3, 6, 3, 0]);
  expect(chartData([line], 1, true).curves.map(({ look }) => look)).toEqual(["line"]);
});

test("noisy values are dots with their mean", () => {
  const line = { name: "return", series: early, color: "machine", dots: true };
  expect(chartData([line], 0, false).curves.map(({ look }) => look)).toEqual(["dots", "line"]);
});

test.each([
  ["a constant", 1, 1, 0, 1.25],
  ["a negative constant", -4, -4, -5, 0],
  ["nothing but zeros", 0, 0, 0, 1],
  ["no value", null, null, 0, 1],
] as const)("the axis of %s is a sane one", (_, low, high, from, to) => {
  expect(valueRange(low, high)).toEqual([from, to]);
});
