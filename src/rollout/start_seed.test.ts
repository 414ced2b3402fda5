import { expect, it } from "vitest";
import { attemptsBehind, episodeSeed, startSeed } from "./start_seed.ts";

it("is the given seed at the beginning of a run, and afterwards depends on the seed and on how far the run is", () => {
  expect(startSeed(7, 0)).toBe(7);
  expect(startSeed(7, 100)).toBe(startSeed(7, 100));
  expect(new Set([startSeed(7, 0), startSeed(7, 100), startSeed(7, 101), startSeed(8, 100)]).size).toBe(4);
});

it("differs for every episode of a recording, and between recordings", () => {
  const first = Array.from({ length: 50 }, (_, attempt) => episodeSeed(7, attempt));
  const second = Array.from({ length: 50 }, (_, attempt) => episodeSeed(8, attempt));
  expect(first[0]).toBe(7);
  expect(new Set([...first, ...second]).size).toBe(100);
});

it("counts the attempts up to the last that was kept, whatever other recordings a dataset holds", () => {
  const starts = [0, 1, 4].map((attempt) => episodeSeed(7, attempt));
  const others = [0, 1].map((attempt) => episodeSeed(8, attempt));
  expect(attemptsBehind(7, [])).toBe(0);
  expect(attemptsBehind(7, starts)).toBe(5);
  expect(attemptsBehind(7, [...starts, ...others])).toBe(5);
  expect(attemptsBehind(8, [...starts, ...others])).toBe(2);
  expect(attemptsBehind(9, [...starts, ...others])).toBe(0);
});
