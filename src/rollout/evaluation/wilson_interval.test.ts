import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wilsonInterval } from "./wilson_interval.ts";

const Z_95 = 1.959963984540054;

describe("Wilson's interval", () => {
  // The first four: Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [95, 100, 0.8882, 0.9785],
    [100, 100, 0.963, 1],
  ])("of %d in %d is [%d, %d]", (successes, trials, low, high) => {
    const found = wilsonInterval(successes, trials);
    expect(found[0]).toBeCloseTo(low, 4);
    expect(found[1]).toBeCloseTo(high, 4);
  });

  it("ends where the observed rate would just be a surprise", () => {
    const experiments = fc
      .integer({ min: 1, max: 5000 })
      .chain((trials) => fc.tuple(fc.integer({ min: 0, max: trials }), fc.constant(trials)));
    fc.assert(
      fc.property(experiments, ([successes, trials]) => {
        const rate = successes / trials;
        const [low, high] = wilsonInterval(successes, trials);
        expect(low).toBeLessThanOrEqual(rate);
        expect(high).toBeGreaterThanOrEqual(rate);
        if (successes > 0) expect(rate - low).toBeCloseTo(Z_95 * Math.sqrt((low * (1 - low)) / trials), 9);
        if (successes < trials) expect(high - rate).toBeCloseTo(Z_95 * Math.sqrt((high * (1 - high)) / trials), 9);
      }),
    );
  });

  it("treats success and failure alike", () => {
    const [low, high] = wilsonInterval(7, 40);
    const [mirroredLow, mirroredHigh] = wilsonInterval(33, 40);
    expect(low).toBeCloseTo(1 - mirroredHigh, 12);
    expect(high).toBeCloseTo(1 - mirroredLow, 12);
  });

  it("grows with the confidence", () => {
    const [low, high] = wilsonInterval(9, 10, 0.99);
    expect(low).toBeLessThan(wilsonInterval(9, 10)[0]);
    expect(high).toBeGreaterThan(wilsonInterval(9, 10)[1]);
  });

  it("says nothing without trials", () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });

  it.each([
    [-1, 10, 0.95, "successes must be a count"],
    [1, 2.5, 0.95, "trials must be a count"],
    [3, 2, 0.95, "3 successes of 2 trials"],
    [1, 2, 1, "confidence must be in (0, 1)"],
  ])("refuses %d of %d at %d", (successes, trials, confidence, message) => {
    expect(() => wilsonInterval(successes, trials, confidence)).toThrow(message);
  });
});
