import { expect, test } from "vitest";
import { addStep, MAX_STRETCHES } from "./stretches.ts";

const of = (...steps: number[]) => steps.reduce<[number, number][]>((all, step) => addStep(all, step), []);

test("consecutive steps form one stretch", () => {
  expect(of(3, 4, 5, 9)).toEqual([
    [3, 6],
    [9, 10],
  ]);
});

test("frequent changes give a bounded number of stretches", () => {
  const many = of(...Array.from({ length: 400 }, (_, i) => 2 * i));
  expect(many).toHaveLength(MAX_STRETCHES);
  expect(many.at(-1)![1]).toBe(799);
});
