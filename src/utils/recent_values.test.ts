import { expect, test } from "vitest";
import { RecentValues } from "./recent_values.ts";

test("quantiles are of the latest values only, in any order of arrival", () => {
  const values = new RecentValues(100);
  expect(values.quantiles(0.5, 0.99)).toEqual([0, 0]);
  for (let i = 1000; i > 0; i--) values.add(i);
  expect(values.quantiles(0, 0.5, 0.99, 1)).toEqual([1, 50, 99, 100]);
  values.clear();
  values.add(7);
  expect(values.quantiles(0, 0.5, 1)).toEqual([7, 7, 7]);
});
