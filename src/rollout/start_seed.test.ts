import { expect, it } from "vitest";
import { episodeSeed, startSeed } from "./start_seed.ts";

it("is the given seed at the beginning of a run, and afterwards depends on the seed and on how far the run is", () => {
  expect(startSeed(7, 0)).toBe(7);
  expect(startSeed(7, 100)).toBe(startSeed(7, 100));
  expect(new Set([startSeed(7, 0), startSeed(7, 100), startSeed(7, 101), startSeed(8, 100)]).size).toBe(4);
});

it("is another one for every episode of a recording, and of one that goes on with it", () => {
  const first = Array.from({ length: 50 }, (_, attempt) => episodeSeed(7, attempt));
  const second = Array.from({ length: 50 }, (_, attempt) => episodeSeed(startSeed(7, 20), attempt));
  expect(first[0]).toBe(7);
  expect(new Set([...first, ...second]).size).toBe(100);
});
