import { expect, it } from "vitest";
import { toByte, toneMap } from "./display.ts";

it("shows dim values as they are and compresses bright ones without ever reaching white or turning back", () => {
  expect(toneMap(0)).toBe(0);
  expect(toneMap(0.6)).toBe(0.6);
  let previous = 0;
  for (let value = 0; value < 20; value += 0.01) {
    const shown = toneMap(value);
    expect(shown).toBeGreaterThanOrEqual(previous);
    expect(shown).toBeLessThan(1);
    previous = shown;
  }
});

it("has no kink where the compression starts", () => {
  const slope = (value: number) => (toneMap(value + 1e-6) - toneMap(value)) / 1e-6;
  expect(slope(0.7001)).toBeCloseTo(slope(0.6999), 2);
});

it("rounds to the nearest byte", () => {
  expect([0, 0.5 / 255, 0.49 / 255, 1].map(toByte)).toEqual([0, 1, 0, 255]);
});
