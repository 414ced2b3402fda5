import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { cameraFeature, type Features } from "../../src/datasets/schema/features.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { type JudgedEpisode, judgeDataset } from "../../src/rewards/judge_dataset.ts";
import { Seen } from "./seen.ts";

const SIZE = { height: 4, width: 4, channels: 3 };
/** Brightness of each frame, by episode. */
const LIGHT = [
  [0, 255, 51],
  [255, 102],
];

let folder: string;
let dataset: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-judged-"));
  const root = join(folder, "lights");
  const features: Features = {
    "observation.images.front": cameraFeature("image", SIZE),
    "observation.state": { dtype: "float64", shape: [2] },
    action: { dtype: "float32", shape: [1] },
  };
  const writer = await DatasetWriter.create({ root, fps: 10, features });
  for (const [episode, frames] of LIGHT.entries()) {
    for (const light of frames) {
      const image = new Uint8Array(48).fill(light);
      await writer.addFrame(
        { "observation.images.front": image, "observation.state": [episode, 0], action: [0] },
        "look",
      );
    }
    await writer.saveEpisode();
  }
  await writer.close();
  dataset = await Dataset.open(root);
});
afterAll(async () => {
  await dataset.close();
  await rm(folder, { recursive: true });
});

async function judged(...args: Parameters<typeof judgeDataset>): Promise<JudgedEpisode[]> {
  const all: JudgedEpisode[] = [];
  for await (const episode of judgeDataset(...args)) all.push(episode);
  return all;
}

describe("a reward model as a labeller", () => {
  it("judges every frame of every episode, and each episode in hindsight", async () => {
    expect(await judged(dataset, new Seen())).toEqual([
      {
        episode: 0,
        probabilities: Float32Array.of(0, 0.5, 0.35),
        values: Float32Array.of(0, 1, 0.2),
      },
      { episode: 1, probabilities: Float32Array.of(0.5, 0.45), values: Float32Array.of(1, 0.4) },
    ]);
  });

  it("judges the episodes that are asked for, and gives no values where the model has none", async () => {
    const model = { inputFeatures: new Seen().inputFeatures, judge: () => 0.25 };
    expect(await judged(dataset, model, { episodes: [1] })).toEqual([
      { episode: 1, probabilities: Float32Array.of(0.25, 0.25) },
    ]);
    await expect(judged(dataset, model, { episodes: [2] })).rejects.toThrow("episode 2 does not exist");
  });

  it("names the feature that the dataset lacks", async () => {
    const model = { inputFeatures: { "observation.force": { type: "STATE", shape: [1] } }, judge: () => 0 } as const;
    await expect(judged(dataset, model)).rejects.toThrow('the dataset has no feature "observation.force"');
  });
});
