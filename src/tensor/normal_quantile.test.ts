// biome-ignore-all lint/correctness/noPrecisionLoss: the tables carry all the digits their source prints.
import { describe, expect, it } from "vitest";
import { normalQuantile } from "./normal_quantile.ts";

describe("normalQuantile", () => {
  // Published tables, to the digits of a float64.
  it.each([
    [0.5, 0],
    [0.6, 0.25334710313579978],
    [0.75, 0.67448975019608174],
    [0.9, 1.2815515655446005],
    [0.975, 1.9599639845400542],
    [0.995, 2.5758293035489008],
    [0.999, 3.0902323061678136],
    [1e-5, -4.2648907939228247],
    [1e-10, -6.3613409024040562],
  ])("is %d ↦ %d", (p, x) => {
    expect(Math.abs(normalQuantile(p) - x)).toBeLessThanOrEqual(5e-16 * Math.abs(x));
  });

  it("is odd about one half and rises through its three branches", () => {
    let previous = -Infinity;
    for (let k = 1; k < 4096; k++) {
      const x = normalQuantile(k / 4096);
      expect(x).toBeGreaterThan(previous);
      expect(x + normalQuantile(1 - k / 4096)).toBe(0);
      previous = x;
    }
    for (let exponent = 2; exponent <= 53; exponent++) {
      expect(normalQuantile(2 ** -exponent)).toBeLessThan(normalQuantile(2 ** (1 - exponent)));
    }
  });
});
