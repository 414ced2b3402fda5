import { describe, expect, it } from "vitest";
import { allocateBatch, assertBatchFits } from "./batch.ts";
import type { ReplayFeatures } from "./features.ts";

const FEATURES: ReplayFeatures = {
  observation: {
    "observation.images.front": { dtype: "uint8", shape: [3, 4, 5] },
    "observation.time": { dtype: "float32", shape: [] },
  },
  action: { shape: [2] },
  complementaryInfo: { discrete_penalty: {} },
};

describe("allocateBatch", () => {
  it("makes one array per field, with the batch dimension first and images as bytes", () => {
    const batch = allocateBatch(FEATURES, 7);
    expect(batch.size).toBe(7);
    for (const side of [batch.observation, batch.nextObservation]) {
      expect(side["observation.images.front"]).toEqual(new Uint8Array(7 * 60));
      expect(side["observation.time"]).toEqual(new Float32Array(7));
    }
    expect(batch.action).toHaveLength(14);
    for (const column of [batch.reward, batch.done, batch.truncated, batch.complementaryInfo.discrete_penalty]) {
      expect(column).toEqual(new Float32Array(7));
    }
  });

  it.each([0, -1, 2.5])("refuses a size of %d", (size) => {
    expect(() => allocateBatch(FEATURES, size)).toThrow(`batch size must be a positive integer, got ${size}`);
  });
});

describe("assertBatchFits", () => {
  const batch = allocateBatch(FEATURES, 4);

  it("accepts any range of rows, also an empty one", () => {
    assertBatchFits(batch, FEATURES, 0, 4);
    assertBatchFits(batch, FEATURES, 4, 0);
  });

  it.each([
    [-1, 2],
    [0, 5],
    [3, -1],
    [0.5, 1],
  ])("refuses to fill from row %d %d rows", (firstRow, count) => {
    expect(() => assertBatchFits(batch, FEATURES, firstRow, count)).toThrow("are not in a batch of 4");
  });

  it.each([
    [{ observation: { "observation.time": { dtype: "float32", shape: [2] } } }, "observation.time: float32[2]"],
    [{ observation: { "observation.time": { dtype: "uint8", shape: [] } } }, "observation.time: uint8[]"],
    [{ observation: { other: { dtype: "uint8", shape: [1] } } }, "the feature other"],
    [{ action: { shape: [3] } }, "actions of shape [3]"],
    [{ complementaryInfo: { is_intervention: {} } }, "no room for is_intervention"],
  ] satisfies [Partial<ReplayFeatures>, string][])("refuses a batch for other features: %j", (changes, message) => {
    expect(() => assertBatchFits(batch, { ...FEATURES, ...changes }, 0, 4)).toThrow(message);
  });
});
