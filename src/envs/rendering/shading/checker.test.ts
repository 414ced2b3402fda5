import { describe, expect, it } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { checkerShare } from "./checker.ts";

const isOdd = (u: number, v: number) => (Math.floor(u) + Math.floor(v)) % 2 !== 0;

describe("the checker's share of odd squares", () => {
  it("is exactly 0 or 1 in windows that cross no line", () => {
    expect(checkerShare(0.5, 0.5, 0.1)).toBe(0);
    expect(checkerShare(1.5, 0.5, 0.1)).toBe(1);
    expect(checkerShare(-0.5, 0.5, 0.1)).toBe(1);
    expect(checkerShare(-0.5, -4.5, 0.1)).toBe(0);
  });

  it("equals the mean over a grid of points in the window", () => {
    const random = new Random(1);
    for (let trial = 0; trial < 50; trial++) {
      const [u, v, width] = [random.uniform(-5, 5), random.uniform(-5, 5), random.uniform(0.05, 3)];
      let odd = 0;
      const n = 200;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          if (isOdd(u + ((i + 0.5) / n - 0.5) * width, v + ((j + 0.5) / n - 0.5) * width)) odd++;
        }
      }
      expect(checkerShare(u, v, width)).toBeCloseTo(odd / n ** 2, 1.7);
    }
  });

  it("tends to one half as the window grows", () => {
    expect(checkerShare(0.3, 0.7, 101)).toBeCloseTo(0.5, 3);
  });
});
