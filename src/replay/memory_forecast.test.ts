import { describe, expect, it } from "vitest";
import { makeBuffer, step } from "../../test/replay/small_buffer.ts";
import type { ReplayFeatures } from "./features.ts";

describe("memory forecast", () => {
  const cameras = {
    observation: {
      "observation.images.front": { dtype: "uint8", shape: [3, 128, 128] },
      "observation.images.wrist": { dtype: "uint8", shape: [3, 128, 128] },
    },
    action: { shape: [4] },
  } satisfies ReplayFeatures;

  it("puts 100k transitions with two 128 × 128 cameras below 10.5 GB", () => {
    const { forecast } = makeBuffer({ features: cameras, capacity: 100_000, memoryLimitBytes: 32e9 });
    expect(forecast.minimumBytes).toBeGreaterThan(100_000 * 2 * 49_152);
    expect(forecast.minimumBytes).toBeLessThan(10.5e9);
    expect(forecast.maximumBytes).toBeGreaterThan(200_000 * 2 * 49_152);
  });

  it("refuses, before anything is stored, a buffer that cannot fit", () => {
    expect(() => makeBuffer({ features: cameras, capacity: 100_000, memoryLimitBytes: 8 * 2 ** 30 })).toThrow(
      /needs 9\.1\d GiB, more than its limit of 8\.00 GiB/,
    );
  });

  it("warns when a buffer fits only as long as transitions follow each other", () => {
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    makeBuffer({ features: cameras, capacity: 100_000, memoryLimitBytes: 16e9, warn });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("if hardly any transition continues the one before it");
    makeBuffer({ features: cameras, capacity: 100_000, memoryLimitBytes: 32e9, warn });
    expect(warnings).toHaveLength(1);
  });

  it("bounds what a full buffer holds", () => {
    const buffer = makeBuffer({ capacity: 50, blockBytes: 500 });
    for (let i = 0; i < 300; i++) {
      buffer.add(step(2 * i, 2 * i + 1));
      const bytes = [...buffer.snapshot().blocks]
        .flatMap(({ arrays }) => Object.values(arrays))
        .reduce((sum, { buffer: { byteLength } }) => sum + byteLength, 0);
      expect(bytes).toBeLessThanOrEqual(buffer.forecast.maximumBytes);
    }
  });
});
