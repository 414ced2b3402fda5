import { describe, expect, it } from "vitest";
import { UpdateRateLimiter } from "./update_rate_limiter.ts";

const at = (step: number, interactionStep: number) => ({ step, interactionStep });

describe("UpdateRateLimiter", () => {
  it("hold nothing back where there are none", () => {
    const limits = new UpdateRateLimiter({ min: null, max: null }, 100);
    for (const counters of [at(0, 1000), at(1000, 1)]) {
      expect([limits.learnerWaits(counters), limits.actorsWait(counters)]).toEqual([false, false]);
    }
  });

  it("hold the learner at max, and actors below min; steps of the warm-up are free", () => {
    const limits = new UpdateRateLimiter({ min: 0.5, max: 2 }, 100);
    expect([at(199, 100), at(200, 100), at(201, 100)].map((each) => limits.learnerWaits(each))).toEqual([
      false,
      true,
      true,
    ]);
    expect([at(0, 100), at(0, 101), at(49, 200), at(50, 200)].map((each) => limits.actorsWait(each))).toEqual([
      ...[false, true, true, false],
    ]);
  });

  it("never hold both", () => {
    for (const [min, max] of [
      [1, 1],
      [0.25, 0.25],
      [3, 3],
      [0.1, 7],
    ] as const) {
      const limits = new UpdateRateLimiter({ min, max }, 10);
      for (let step = 0; step < 60; step++) {
        for (let interactionStep = 1; interactionStep < 60; interactionStep++) {
          const counters = at(step, interactionStep);
          expect(limits.learnerWaits(counters) && limits.actorsWait(counters)).toBe(false);
        }
      }
    }
  });
});
