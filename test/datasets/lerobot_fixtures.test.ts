/** Datasets written by LeRobot's recorder must read as LeRobot's own reader reads them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { readEpisodeStatistics } from "../../src/datasets/meta/episodes.ts";
import { embeddedImageStatistics, tableStatistics } from "../../src/datasets/statistics/episode_statistics.ts";
import {
  type DatasetStatistics,
  mergeDatasetStatistics,
  VECTOR_STATISTICS,
} from "../../src/datasets/statistics/feature_statistics.ts";

const DATA = join(import.meta.dirname, "../data/lerobot_datasets");

interface ExpectedFrame {
  readonly index: number;
  readonly episode: number;
  readonly frame: number;
  readonly timestamp: number;
  readonly task: string;
  readonly state: number[];
  readonly action: number[];
  readonly reward: number;
  readonly done: boolean;
  readonly mean_rgb: Record<string, number[]>;
}

function meanRgb(pixels: Uint8Array): number[] {
  const sums = [0, 0, 0];
  pixels.forEach((value, i) => {
    sums[i % 3]! += value;
  });
  return sums.map((sum) => sum / (pixels.length / 3) / 255);
}

function expectSameStatistics(actual: DatasetStatistics, expected: DatasetStatistics, keys: readonly string[]) {
  for (const key of keys) {
    expect(actual[key]!.count, key).toBe(expected[key]!.count);
    for (const name of VECTOR_STATISTICS) {
      expected[key]![name].forEach((value, i) => {
        const scale = Math.max(1, Math.abs(value));
        // LeRobot takes E[x²] − E[x]² in float32, which leaves some 1e-4 where the spread is zero.
        const tolerance = name === "std" ? 5e-4 : 1e-5;
        expect(Math.abs(actual[key]![name][i]! - value) / scale, `${key} ${name}[${i}]`).toBeLessThan(tolerance);
      });
    }
  }
}

describe.each([
  { name: "image", imageTolerance: 1e-4 },
  { name: "video", imageTolerance: 2e-3 },
])("the $name dataset written by LeRobot", ({ name, imageTolerance }) => {
  let dataset: Dataset;
  let expected: ExpectedFrame[];

  beforeAll(async () => {
    dataset = await Dataset.open(join(DATA, name));
    expected = JSON.parse(await readFile(join(DATA, `${name}_frames.json`), "utf8"));
  });
  afterAll(() => dataset.close());

  function expectFrame(frame: Awaited<ReturnType<Dataset["frame"]>>, want: ExpectedFrame) {
    expect(frame).toMatchObject({ index: want.index, episodeIndex: want.episode, frameIndex: want.frame });
    expect([frame.task, frame.timestampS]).toEqual([want.task, want.timestamp]);
    expect(Array.from(frame.values["observation.state"] as Float32Array)).toEqual(want.state.map(Math.fround));
    expect(Array.from(frame.values.action as Float32Array)).toEqual(want.action.map(Math.fround));
    expect((frame.values["next.reward"] as Float32Array)[0]).toBe(Math.fround(want.reward));
    expect((frame.values["next.done"] as Uint8Array)[0]).toBe(want.done ? 1 : 0);
    for (const [camera, mean] of Object.entries(want.mean_rgb)) {
      meanRgb(frame.values[camera] as Uint8Array).forEach((value, channel) => {
        expect(Math.abs(value - mean[channel]!)).toBeLessThan(imageTolerance);
      });
    }
  }

  it("reads identically, episode by episode", async () => {
    const frames = [];
    for (const episode of dataset.episodes) for await (const frame of dataset.frames(episode)) frames.push(frame);
    expect(frames.length).toBe(expected.length);
    frames.forEach((frame, i) => {
      expectFrame(frame, expected[i]!);
    });
  });

  it("reads identically, frame by frame in any order", async () => {
    for (const want of expected.toReversed()) expectFrame(await dataset.frame(want.index), want);
  });

  it("has statistics that equal ours, computed from its files", async () => {
    const exactKeys = Object.keys(dataset.features).filter((key) => dataset.features[key]!.dtype !== "video");
    const stored = await readEpisodeStatistics(dataset.root, dataset.features);
    let total: DatasetStatistics | undefined;
    for (const episode of dataset.episodes) {
      const table = await dataset.readTable(episode);
      const computed = { ...tableStatistics(table), ...embeddedImageStatistics(table, dataset.features) };
      expectSameStatistics(computed, stored[episode.episodeIndex]!, exactKeys);
      total = mergeDatasetStatistics(total, computed);
    }
    expectSameStatistics(total!, (await dataset.statistics())!, exactKeys);
  });
});
