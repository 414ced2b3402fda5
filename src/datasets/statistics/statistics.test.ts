import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../tensor/random.ts";
import { CameraStatistics, pixelStride, sampledFrames } from "./camera_statistics.ts";
import { dimensionStatistics, featureStatistics } from "./dimension_statistics.ts";
import { mergeStatistics, QUANTILE_NAMES, QUANTILES } from "./feature_statistics.ts";

const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 60 });

describe("statistics of one dimension", () => {
  it("have exact moments, and quantiles within a bin of the sorted values", () => {
    fc.assert(
      fc.property(values, (sample) => {
        const statistics = dimensionStatistics(sample);
        const sorted = sample.toSorted((a, b) => a - b);
        const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
        const variance = sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / sample.length;
        expect(statistics.min).toBe(sorted[0]);
        expect(statistics.max).toBe(sorted.at(-1));
        expect(statistics.mean).toBeCloseTo(mean, 6);
        expect(statistics.std).toBeCloseTo(Math.sqrt(variance), 6);
        const bin = (sorted.at(-1)! - sorted[0]!) / 5000 + 1e-9;
        for (const name of QUANTILE_NAMES) {
          const exact = sorted[Math.max(0, Math.ceil(QUANTILES[name] * sample.length - 1e-9) - 1)]!;
          expect(Math.abs(statistics[name] - exact)).toBeLessThanOrEqual(bin);
        }
      }),
    );
  });

  it("weigh repeated values like repetitions", () => {
    const weighted = dimensionStatistics([1, 5, 9], [3, 0, 2]);
    expect(weighted).toEqual(dimensionStatistics([1, 1, 1, 9, 9]));
  });

  it("of a single value are that value, and of none an error", () => {
    expect(dimensionStatistics([4])).toMatchObject({ min: 4, q01: 4, q99: 4, std: 0 });
    expect(() => dimensionStatistics([])).toThrow("at least one value");
  });
});

it("merging episodes gives the moments of all their values, and quantiles that bound", () => {
  fc.assert(
    fc.property(values, values, (first, second) => {
      const of = (sample: number[]) => featureStatistics([dimensionStatistics(sample)], sample.length);
      const merged = mergeStatistics(of(first), of(second));
      const whole = of([...first, ...second]);
      expect(merged.count).toBe(whole.count);
      expect(merged.mean[0]).toBeCloseTo(whole.mean[0]!, 6);
      expect(merged.std[0]).toBeCloseTo(whole.std[0]!, 5);
      expect([merged.min, merged.max]).toEqual([whole.min, whole.max]);
      expect(merged.q10[0]).toBe(Math.min(of(first).q10[0]!, of(second).q10[0]!));
      expect(merged.q90[0]).toBe(Math.max(of(first).q90[0]!, of(second).q90[0]!));
    }),
  );
});

describe("camera statistics", () => {
  it("use LeRobot's sample of frames", () => {
    expect(sampledFrames(3)).toEqual([0, 1, 2]);
    expect(sampledFrames(100)).toHaveLength(100);
    expect(sampledFrames(400)).toHaveLength(100);
    expect(sampledFrames(10_000)).toHaveLength(1000);
    expect([sampledFrames(400).at(0), sampledFrames(400).at(-1)]).toEqual([0, 399]);
    expect([pixelStride(299, 200), pixelStride(640, 480), pixelStride(480, 640)]).toEqual([1, 4, 4]);
  });

  it.each([
    { height: 5, width: 4, channels: 3 },
    { height: 4, width: 6, channels: 1 },
    { height: 320, width: 8, channels: 3 },
  ])("equal statistics of all pixels in [0, 1]: $height × $width × $channels", (size) => {
    const random = new Random(3);
    const { height, width, channels } = size;
    const frames = Array.from({ length: 4 }, () =>
      Uint8Array.from({ length: height * width * channels }, () => random.integer(256)),
    );
    const camera = new CameraStatistics(size);
    for (const frame of frames) camera.add(frame);
    const stride = pixelStride(width, height);
    const looked = (channel: number) =>
      frames.flatMap((frame) => {
        const found: number[] = [];
        for (let y = 0; y < height; y += stride) {
          for (let x = 0; x < width; x += stride) found.push(frame[(y * width + x) * channels + channel]! / 255);
        }
        return found;
      });
    const expected = Array.from({ length: channels }, (_, c) => dimensionStatistics(looked(c)));
    const found = camera.finish();
    expect(found.count).toBe(4);
    expected.forEach((dimension, c) => {
      expect([found.min[c], found.max[c], found.q50[c]]).toEqual([dimension.min, dimension.max, dimension.q50]);
      expect(found.mean[c]).toBeCloseTo(dimension.mean, 10);
      expect(found.std[c]).toBeCloseTo(dimension.std, 10);
    });
  });
});
