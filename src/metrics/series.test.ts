import { describe, expect, it } from "vitest";
import { centredMean, downsample, exponentialMovingAverage, movingMean, type Point } from "./series.ts";

const series = (...values: number[]): Point[] => values.map((y, x) => ({ x, y }));
const ys = (points: readonly Point[]) => points.map(({ y }) => y);

describe("moving mean", () => {
  it("averages all points until the window is full, then the last ones", () => {
    expect(ys(movingMean(series(3, 5, 1, 9), 3))).toEqual([3, 4, 3, 5]);
  });

  it("refuses a window that is not a positive integer", () => {
    expect(() => movingMean(series(1), 0)).toThrow("positive integer, got 0");
  });
});

describe("centred mean", () => {
  it("does not lag: a linear curve is unchanged", () => {
    expect(ys(centredMean(series(9, 7, 5, 3, 1), 2))).toEqual([9, 7, 5, 3, 1]);
  });

  it("uses equally many neighbours on both sides, and skips non-finite values", () => {
    expect(ys(centredMean(series(0, 6, Number.NaN, 3, 9), 1))).toEqual([0, 3, 6, 9]);
  });

  it("refuses a reach that is not a count", () => {
    expect(() => centredMean(series(1), -1)).toThrow("integer from 0 on, got -1");
  });
});

describe("exponential moving average", () => {
  it("is constant on a constant series from the first point on", () => {
    for (const y of ys(exponentialMovingAverage(series(4, 4, 4), 0.9))) expect(y).toBeCloseTo(4, 12);
  });

  it("weighs the past by its parameter", () => {
    // (0.5·0 + 0.5·1) / (1 − 0.25) of the second point, worked out by hand.
    expect(ys(exponentialMovingAverage(series(0, 1), 0.5))[1]).toBeCloseTo(2 / 3, 12);
  });

  it("continues after non-finite values", () => {
    expect(exponentialMovingAverage(series(2, Number.NaN, Number.POSITIVE_INFINITY, 2), 0.5)).toEqual([
      { x: 0, y: 2 },
      { x: 3, y: 2 },
    ]);
  });
});

describe("downsampling", () => {
  const wave = Array.from({ length: 1000 }, (_, x) => ({ x, y: x === 617 ? 50 : Math.sin(x / 30) }));

  it("keeps the given number of points, all of them of the series and in order, with both ends", () => {
    const thin = downsample(wave, 40);
    expect(thin).toHaveLength(40);
    expect(thin[0]).toBe(wave[0]);
    expect(thin.at(-1)).toBe(wave.at(-1));
    expect(thin.every((point) => wave.includes(point))).toBe(true);
    expect(thin.map(({ x }) => x)).toEqual(thin.map(({ x }) => x).sort((a, b) => a - b));
  });

  it("keeps a peak of one point", () => {
    expect(downsample(wave, 40)).toContainEqual({ x: 617, y: 50 });
  });

  it("returns a short series unchanged", () => {
    expect(downsample(wave, 1000)).toBe(wave);
  });

  it("keeps the given number of points of a series that is barely too long", () => {
    expect(downsample(wave, 999)).toHaveLength(999);
    expect(downsample(series(1, 2, 3, 4), 3)).toHaveLength(3);
  });

  it("accepts a series with non-finite values", () => {
    expect(downsample(series(1, Number.NaN, Number.NaN, 4, 5), 3)).toHaveLength(3);
  });
});
