import { describe, expect, it } from "vitest";
import type { DatasetStats, NormalizationMode } from "../../config/schema/features.ts";
import { NormalizerProcessorStep } from "../../processors/steps/normalize.ts";
import { rangeFindings, spreadFindings } from "./ranges.ts";

const STATE = "observation.state";

function normalization(mode: NormalizationMode, stats: DatasetStats[string]) {
  const features = { [STATE]: { type: "STATE", shape: [2] } } as const;
  const normalizer = new NormalizerProcessorStep({ features, normMap: { STATE: mode }, stats: { [STATE]: stats } });
  return normalizer.normalization(STATE)!;
}

const MIN_MAX = normalization("MIN_MAX", { min: [0, -1], max: [0.5, 1] });

describe("numbers and their statistics", () => {
  it("fit where the numbers fill the range, or leave it by a little", () => {
    expect(rangeFindings(STATE, MIN_MAX, { min: [0, -1.2], max: [0.6, 1] }, "here")).toEqual([]);
  });

  it("do not fit where an element leaves the range by far, which is named with what becomes of it", () => {
    const [finding, ...others] = rangeFindings(STATE, MIN_MAX, { min: [0, -4], max: [0.5, 1] }, "the dataset");
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ level: "warning", what: expect.stringContaining("becomes -4 to 1") });
    expect(finding!.what).toContain('the dataset leaves the range of policy.dataset_stats["observation.state"]');
    expect(finding!.what).toContain("observation.state[1] (-4 to 1)");
    expect(finding!.what).not.toContain("observation.state[0]");
  });

  it("are hopeless where the units differ: degrees where radians were meant", () => {
    const degrees = { min: [0, -57.3], max: [0.5, 57.3] };
    expect(rangeFindings(STATE, MIN_MAX, degrees, "here")).toMatchObject([{ level: "error" }]);
  });

  it("are judged by standard deviations where those are used", () => {
    const map = normalization("MEAN_STD", { mean: [0, 0], std: [1, 0.1] });
    expect(rangeFindings(STATE, map, { min: [-5, -0.5], max: [5, 0.5] }, "here")).toEqual([]);
    const [finding] = rangeFindings(STATE, map, { min: [-5, -0.5], max: [5, 1.5] }, "here");
    expect(finding).toMatchObject({ level: "warning", why: expect.stringContaining("±3") });
  });

  it("hide an element that moves where they have no spread, and only one that moves", () => {
    const map = normalization("MIN_MAX", { min: [0, 1], max: [0, 1] });
    const findings = rangeFindings(STATE, map, { min: [0, 1], max: [0.2, 1] }, "the simulation");
    expect(findings).toMatchObject([
      { level: "warning", what: expect.stringContaining("observation.state[0] (0 to 0.2)") },
    ]);
    expect(findings[0]!.what).not.toContain("observation.state[1]");
  });

  it("are too wide where a whole feature hardly moves in them, not where one element does", () => {
    const radians = { min: [0.1, 0.1], max: [0.101, 0.102] };
    expect(spreadFindings(STATE, MIN_MAX, radians, "the dataset")).toMatchObject([{ level: "warning" }]);
    expect(spreadFindings(STATE, MIN_MAX, { min: [0, 0.1], max: [0.5, 0.102] }, "the dataset")).toEqual([]);
    expect(spreadFindings(STATE, MIN_MAX, { min: [0.1, 0.1], max: [0.1, 0.1] }, "the dataset")).toEqual([]);
  });

  it("say nothing of what is left as it is", () => {
    const map = normalization("IDENTITY", {});
    expect(rangeFindings(STATE, map, { min: [-1e6, 0], max: [1e6, 0] }, "here")).toEqual([]);
  });
});
