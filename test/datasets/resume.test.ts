/** Appending to a dataset: the new episodes match it, and its statistics cover all episodes. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Features } from "../../src/datasets/schema/features.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { exampleFeatures, writeEpisode } from "./example_episodes.ts";
import { writeDataset } from "./support.ts";

it("refuses another rate, robot, camera storage or feature, naming both sides, and changes nothing", async () => {
  const root = await writeDataset([4], { camera: "image", robotType: "PandaPickCube-v0" });
  const before = await readdir(root, { recursive: true });
  const same = { fps: 10, features: exampleFeatures("image"), robotType: "PandaPickCube-v0" };
  const state: Features = { "observation.state": { dtype: "float32", shape: [7] } };
  for (const [change, problem] of [
    [{ fps: 20 }, "frames per second are 10 in the dataset and 20 now"],
    [{ robotType: "PandaArrangeBoxes-v0" }, "PandaPickCube-v0 in the dataset and PandaArrangeBoxes-v0 now"],
    [
      { features: exampleFeatures("video") },
      /"observation\.images\.front" is image .* in the dataset and video .* now/,
    ],
    [{ features: { ...same.features, ...state } }, /is float32 \[3\] in the dataset and float32 \[7\] now/],
    [{ features: { ...same.features, more: state["observation.state"]! } }, /"more" is missing in the dataset/],
  ] as const) {
    await expect(DatasetWriter.resume({ root, expected: { ...same, ...change } })).rejects.toThrow(problem);
  }
  expect(await readdir(root, { recursive: true })).toEqual(before);
  const writer = await DatasetWriter.resume({ root, expected: same });
  await writer.close();
});

it.each([
  ["are missing", (path: string) => rm(path)],
  ["lack a feature", (path: string) => writeFile(path, '{"action": {"mean": "odd"}}')],
])("computes the statistics of all episodes where they %s", async (_, damage) => {
  const root = await writeDataset([4, 5]);
  const path = join(root, "meta/stats.json");
  await damage(path);
  const writer = await DatasetWriter.resume({ root });
  await writeEpisode(writer, 2, 3);
  await writer.close();
  expect(JSON.parse(await readFile(path, "utf8")).action.count).toEqual([12]);
  expect((await validateDataset(root)).problems).toEqual([]);
});
