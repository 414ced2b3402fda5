import { expect, test } from "vitest";
import { addStep, MAX_STRETCHES } from "./stretches.ts";

const of = (...steps: number[]) => steps.reduce<[number, number][]>((all, step) => addStep(all, step), []);

test("steps in a row are one stretch", () => {
  expect(of(3, 4, 5, 9)).toEqual([
    [3, 6],
    [9, 10],
  ]);
});

test("hands that tremble make no more stretches than can be drawn", () => {
  const many = of(...Array.from({ length: 400 }, (_, i) => 2 * i));
  expect(many).toHaveLength(MAX_STRETCHES);
  expect(many.at(-1)![1]).toBe(799);
});
