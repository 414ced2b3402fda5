import { describe, expect, it } from "vitest";
import { SolveCheck } from "./solve_check.ts";

const solved = { outcome: "success", intervention_steps: 0 } as const;
const helped = { outcome: "success", intervention_steps: 7 } as const;
const failed = { outcome: "time_limit", intervention_steps: 0 } as const;

describe("SolveCheck", () => {
  it("is due once enough recent episodes were solved without help", () => {
    const check = new SolveCheck({ window: 4, successRate: 0.75 });
    expect([solved, failed, solved, solved].map((episode) => check.add(episode))).toEqual([false, false, false, true]);
  });

  it("does not count episodes with interventions", () => {
    const check = new SolveCheck({ window: 2, successRate: 0.5 });
    expect([helped, helped, helped].some((episode) => check.add(episode))).toBe(false);
  });

  it("forgets episodes beyond its window", () => {
    const check = new SolveCheck({ window: 2, successRate: 1 });
    for (const episode of [solved, solved, failed]) check.add(episode);
    expect(check.autonomousSuccess).toBe(0.5);
  });

  it("wants half a window of new episodes after an evaluation was not passed", () => {
    const check = new SolveCheck({ window: 4, successRate: 1 });
    for (let i = 0; i < 4; i++) check.add(solved);
    check.postpone();
    expect([solved, solved].map((episode) => check.add(episode))).toEqual([false, true]);
  });
});
