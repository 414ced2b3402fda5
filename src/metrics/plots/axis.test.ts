import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linearAxis, logAxis } from "./axis.ts";

const labels = (axis: { ticks: readonly { label: string }[] }) => axis.ticks.map(({ label }) => label);

describe("a linear axis", () => {
  it("has round limits around the data", () => {
    const axis = linearAxis([-1780, -3]);
    expect(labels(axis)).toEqual(["−2,000", "−1,500", "−1,000", "−500", "0"]);
    expect([axis.position(-2000), axis.position(-1000), axis.position(0)]).toEqual([0, 0.5, 1]);
  });

  it("ends at the data on request, with ticks inside", () => {
    const axis = linearAxis([0, 9012], { tight: true });
    expect(axis.high).toBe(9012);
    expect(labels(axis)).toEqual(["0", "2,000", "4,000", "6,000", "8,000"]);
  });

  it("shows shares as percent over its whole range", () => {
    expect(labels(linearAxis([0.3], { range: [0, 1], format: "percent" }))).toEqual([
      "0 %",
      "20 %",
      "40 %",
      "60 %",
      "80 %",
      "100 %",
    ]);
  });

  it("leaves room on both sides of a flat line", () => {
    for (const value of [0, 5, -3]) {
      const { position } = linearAxis([value, value]);
      expect(position(value)).toBeGreaterThan(0.2);
      expect(position(value)).toBeLessThan(0.8);
    }
  });

  it("exists without data", () => {
    expect(linearAxis([])).toMatchObject({ low: 0, high: 1 });
  });

  it("does not print rounding errors or rows of digits", () => {
    expect(labels(linearAxis([-0.3, 0.3]))).toContain("0");
    expect(labels(linearAxis([0, 5e-6]))).toContain("5e-6");
    expect(labels(linearAxis([0, 4e8])).at(-1)).toBe("4e8");
  });

  it("holds every value between its ends and has a handful of ticks", () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const { position, ticks } = linearAxis(values);
        for (const one of values) {
          expect(position(one)).toBeGreaterThan(-1e-6);
          expect(position(one)).toBeLessThan(1 + 1e-6);
        }
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe("a logarithmic axis", () => {
  it("has powers of ten around the data", () => {
    const axis = logAxis([0.0004, 30]);
    expect(labels(axis)).toEqual(["1e−4", "0.001", "0.01", "0.1", "1", "10", "100"]);
    expect(axis.position(0.1)).toBeCloseTo(0.5, 12);
  });

  it("has no more than a handful of ticks, also over many powers", () => {
    expect(logAxis([1e-12, 1e12]).ticks.length).toBeLessThanOrEqual(7);
    expect(logAxis([1, 1]).ticks).toHaveLength(2);
  });
});
