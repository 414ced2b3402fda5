import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, fitStatus, progress, statusLine } from "./status.ts";

const STATUS = {
  ...progress("learning", 12_345, 60_000, "steps"),
  details: ["1050 updates/s", "at most 12:05 left", "84 % solved alone", "12 % steered by the operator"],
};

describe("a status", () => {
  it.each([
    [30, "learning 12345/60000 steps"],
    [20, "12345/60000 steps"],
    [10, "12345/600…"],
    [79, "learning 12345/60000 steps · 1050 updates/s · at most 12:05 left"],
  ])("in %i columns is %j", (width, line) => {
    expect(fitStatus(STATUS, width).replace(/[█░]+ /, "")).toBe(line);
  });

  it("has a bar where there is room for everything", () => {
    const line = fitStatus(STATUS, 199);
    expect(line.match(/█/g)).toHaveLength(8);
    expect(line.match(/░/g)).toHaveLength(32);
    expect(line.replace(/[█░]+ /, "")).toBe(statusLine(STATUS));
  });

  it("is never wider than the terminal", () => {
    const status = fc.record(
      { activity: fc.string(), count: fc.string(), share: fc.double(), details: fc.array(fc.string()) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(status, fc.nat(120), (any, width) => {
        expect(fitStatus({ ...any, share: any.share || 0 }, width).length).toBeLessThanOrEqual(width);
      }),
      { numRuns: 50 },
    );
  });

  it("counts hours only where there are any", () => {
    expect([5, 725, 3600, 90_061].map(duration)).toEqual(["0:05", "12:05", "1:00:00", "25:01:01"]);
  });
});
