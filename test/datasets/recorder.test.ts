/** The recorder between a control loop and the disk. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { DatasetRecorder } from "../../src/datasets/writing/dataset_recorder.ts";
import { exampleFeatures, exampleFrame } from "./example_episodes.ts";
import { temporaryFolder } from "./support.ts";

async function recorderIn(folder: string, camera?: "image" | "video"): Promise<DatasetRecorder> {
  return DatasetRecorder.create({ root: join(folder, "recorded"), fps: 30, features: exampleFeatures(camera) });
}

it("keeps every frame of a loop that is faster than the encoder, in order, by waiting", async () => {
  const recorder = await recorderIn(await temporaryFolder(), "video");
  let longest = 0;
  for (let i = 0; i < 600; i++) {
    await recorder.record({ ...exampleFrame(0, i, true), note: `${i}` }, "run");
    longest = Math.max(longest, recorder.queuedFrames);
  }
  expect(longest).toBeLessThanOrEqual(256);
  const { length } = await recorder.saveEpisode();
  await recorder.close();
  expect(length).toBe(600);
  const dataset = await Dataset.open(recorder.root);
  let i = 0;
  for await (const { values } of dataset.frames(dataset.episode(0), { features: ["note"] })) {
    expect(values.note).toBe(`${i++}`);
  }
  expect(i).toBe(600);
  await dataset.close();
});

it("copies its input: the loop may reuse its arrays at once", async () => {
  const recorder = await recorderIn(await temporaryFolder());
  const state = new Float32Array(3);
  for (let i = 0; i < 20; i++) {
    state.fill(i);
    const recorded = recorder.record({ ...exampleFrame(0, i, false), "observation.state": state }, "run");
    state.fill(-1);
    await recorded;
  }
  await recorder.saveEpisode();
  await recorder.close();
  const dataset = await Dataset.open(recorder.root);
  for (let i = 0; i < 20; i++) {
    expect((await dataset.frame(i)).values["observation.state"]).toEqual(new Float32Array(3).fill(i));
  }
  await dataset.close();
});

it("refuses a misfitting frame before it reaches the episode", async () => {
  const recorder = await recorderIn(await temporaryFolder());
  await recorder.record(exampleFrame(0, 0, false), "run");
  await expect(recorder.record({ action: [1, 2] }, "run")).rejects.toThrow('"observation.state" is missing');
  await expect(recorder.record(exampleFrame(0, 1, false), "")).rejects.toThrow("the text of its task");
  await expect(recorder.close()).rejects.toThrow("an episode of 1 frames is neither saved nor discarded");
  expect((await recorder.saveEpisode()).length).toBe(1);
  await recorder.close();
  await expect(recorder.record(exampleFrame(0, 0, false), "run")).rejects.toThrow("has ended");
});

it("reports why a dataset cannot be opened, and leaves no thread behind", async () => {
  const folder = await temporaryFolder();
  await expect(DatasetRecorder.resume({ root: join(folder, "none") })).rejects.toThrow("the folder does not exist");
  const first = await recorderIn(folder);
  await expect(recorderIn(folder)).rejects.toThrow("is not empty");
  await first.close();
});
