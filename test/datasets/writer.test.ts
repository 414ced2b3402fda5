/** Written datasets: content, splitting into files, continuation, protection from bad input. */
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import type { Features } from "../../src/datasets/schema/features.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { rewriteDataset } from "../../src/datasets/writing/rewrite_dataset.ts";
import { brightness, exampleFeatures, exampleFrame, exampleTask, SIZE, writeEpisode } from "./example_episodes.ts";
import { temporaryFolder, writeDataset } from "./support.ts";

async function startsOf(root: string) {
  const dataset = await Dataset.open(root);
  await dataset.close();
  return await dataset.episodeStarts();
}

const mean = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;

describe("a dataset of several episodes", () => {
  it.each([
    { camera: "image" as const, levels: 0 },
    { camera: "video" as const, levels: 3 },
  ])("reads back its frames, with cameras as $camera", async ({ camera, levels }) => {
    const lengths = [5, 8, 3, 6];
    const root = await writeDataset(lengths, { camera });
    const dataset = await Dataset.open(root);
    for (const [e, episode] of dataset.episodes.entries()) {
      let i = 0;
      for await (const frame of dataset.frames(episode)) {
        const written = exampleFrame(e, i, true);
        expect(frame).toMatchObject({ episodeIndex: e, frameIndex: i, task: exampleTask(e) });
        expect(frame.timestampS).toBe(Math.fround(i / 10));
        expect(frame.values["observation.state"]).toEqual(written["observation.state"]);
        expect(Array.from(frame.values["observation.environment_state"] as Float64Array)).toEqual(
          written["observation.environment_state"],
        );
        expect(frame.values.note).toBe(written.note);
        expect(frame.values["next.done"]).toEqual(Uint8Array.of(i % 2));
        const front = frame.values["observation.images.front"] as Uint8Array;
        expect(front.length).toBe(SIZE.height * SIZE.width * 3);
        expect(Math.abs(mean(front) - brightness(e, i))).toBeLessThanOrEqual(levels);
        i++;
      }
      expect(i).toBe(lengths[e]);
    }
    await dataset.close();
    expect((await validateDataset(root, { decodeAll: true })).problems).toEqual([]);
  });

  it("is split into files by size and chunks, and stays valid", async () => {
    const limits = { dataFileSizeLimitMib: 0.004, videoFileSizeLimitMib: 0.003, chunksSize: 2 };
    const root = await writeDataset([20, 20, 20, 20, 20], { camera: "video", ...limits });
    const files = (await readdir(root, { recursive: true })).filter((path) => /file-\d+\./.test(path)).sort();
    for (const tree of ["data", "videos/observation.images.wrist", "meta/episodes"]) {
      expect(files.filter((path) => path.startsWith(tree)).length, tree).toBeGreaterThan(2);
    }
    expect(files).toContain("data/chunk-001/file-000.parquet");
    expect((await validateDataset(root, { decodeAll: true })).problems).toEqual([]);
  });

  it("continues in new files after a resume and never touches the old ones", async () => {
    const root = await writeDataset([4, 6], { camera: "video" });
    const old = ["data", "meta/episodes", "videos/observation.images.front"].map((tree) =>
      join(root, tree, tree.startsWith("videos") ? "chunk-000/file-000.mp4" : "chunk-000/file-000.parquet"),
    );
    const before = await Promise.all(old.map((path) => readFile(path)));
    const writer = await DatasetWriter.resume({ root });
    await writeEpisode(writer, 2, 5);
    await writer.close();
    expect(await Promise.all(old.map((path) => readFile(path)))).toEqual(before);
    const report = await validateDataset(root, { decodeAll: true });
    expect(report).toEqual({ episodes: 3, frames: 15, problems: [] });
    const dataset = await Dataset.open(root);
    expect(dataset.tasks).toEqual([exampleTask(0), exampleTask(1), exampleTask(2)]);
    expect((await dataset.frame(14)).values.note).toBe(exampleFrame(2, 4, false).note);
    await dataset.close();
  });

  it("is complete after every saved episode, without being closed", async () => {
    const root = join(await temporaryFolder(), "open");
    const writer = await DatasetWriter.create({ root, fps: 10, features: exampleFeatures("image") });
    for (let episode = 0; episode < 3; episode++) {
      await writeEpisode(writer, episode, 4);
      expect(await validateDataset(root)).toEqual({ episodes: episode + 1, frames: 4 * (episode + 1), problems: [] });
    }
    await writer.close();
  });

  it("keeps the starts of its episodes, through resuming and rewriting, and is valid without them", async () => {
    const root = await writeDataset([3, 3]);
    expect(await readdir(join(root, "meta"))).not.toContain("episode_starts.json");
    const writer = await DatasetWriter.resume({ root });
    for (const episode of [2, 3]) await writeEpisode(writer, episode, 3, { start: { seed: 10 * episode, resets: 1 } });
    await expect(writeEpisode(writer, 4, 3, { start: { seed: -1, resets: 0 } })).rejects.toThrow('"seed" must be');
    await writer.discardEpisode();
    await writer.close();
    expect((await validateDataset(root)).problems).toEqual([]);
    expect(await startsOf(root)).toEqual([null, null, { seed: 20, resets: 1 }, { seed: 30, resets: 1 }]);

    const fewer = join(await temporaryFolder(), "fewer");
    await rewriteDataset(root, { root: fewer, episodes: [3, 0] });
    expect(await startsOf(fewer)).toEqual([{ seed: 30, resets: 1 }, null]);

    await cp(join(root, "meta/episode_starts.json"), join(fewer, "meta/episode_starts.json"));
    const location = { file: "meta/episode_starts.json", level: "warning" };
    const problem = { ...location, message: expect.stringContaining("starts of 4 episodes, but the dataset has 2") };
    expect((await validateDataset(fewer)).problems).toEqual([problem]);
    await expect(DatasetWriter.resume({ root: fewer })).rejects.toThrow("belongs to another dataset");
    await writeFile(join(fewer, "meta/episode_starts.json"), "[null]");
    const others = { ...location, message: expect.stringContaining("starts of 1 episodes, but the dataset has 2") };
    expect((await validateDataset(fewer)).problems).toEqual([others]);
  });

  it("leaves no trace of a discarded episode", async () => {
    const root = join(await temporaryFolder(), "rerecord");
    const writer = await DatasetWriter.create({ root, fps: 10, features: exampleFeatures("video") });
    await writer.addFrame(exampleFrame(9, 0, true), "a task that goes away");
    await writer.discardEpisode();
    await writeEpisode(writer, 0, 3);
    await writer.close();
    const dataset = await Dataset.open(root);
    expect([dataset.length, dataset.tasks]).toEqual([3, [exampleTask(0)]]);
    await dataset.close();
    expect(await readdir(root)).not.toContain(".recording");
  });

  it("reads windows around a frame, padded at the episode's ends", async () => {
    const dataset = await Dataset.open(await writeDataset([4, 4]));
    const { values, isPad } = await dataset.window(4, "action", [-0.1, 0, 0.1, 0.4]);
    expect(values.map((value) => (value as Float32Array)[1])).toEqual([-0, -0, -1, -3]);
    expect(isPad).toEqual([true, false, false, true]);
    await expect(dataset.window(4, "action", [0.15])).rejects.toThrow("not a whole number of frames");
    await dataset.close();
  });
});

describe("bad input", () => {
  it("names every misfitting feature of a frame, and the episode continues", async () => {
    const root = join(await temporaryFolder(), "bad");
    const writer = await DatasetWriter.create({ root, fps: 10, features: exampleFeatures() });
    const { action: _, ...rest } = exampleFrame(0, 0, false);
    const frame = { ...rest, "observation.state": [1, Number.NaN, 3], note: 3, extra: 1 };
    await expect(writer.addFrame(frame, "task")).rejects.toThrow(
      /"observation.state"\[1\] is NaN; "action" is missing; "note" must be a string; "extra" is not a feature/,
    );
    const wrongShape = { ...exampleFrame(0, 0, false), action: [1, 2, 3] };
    await expect(writer.addFrame(wrongShape, "task")).rejects.toThrow('"action" has shape [2] = 2 elements, got 3');
    await expect(writer.saveEpisode()).rejects.toThrow("no frames");
    await writeEpisode(writer, 0, 2);
    await writer.close();
    expect((await validateDataset(root)).problems).toEqual([]);
  });

  it("accepts a folder whose process was killed before a dataset existed, but not one with an interrupted save", async () => {
    const root = join(await temporaryFolder(), "killed");
    const staged = join(root, ".recording", "staged", "meta");
    await mkdir(staged, { recursive: true });
    await writeFile(join(root, ".recording", "lock"), "");
    await writeFile(join(staged, "info.json"), '{ "half');
    const options = { root, fps: 10, features: exampleFeatures() };
    const writer = await DatasetWriter.create(options);
    await writeEpisode(writer, 0, 3);
    await writer.close();
    expect((await validateDataset(root)).problems).toEqual([]);

    await mkdir(staged, { recursive: true });
    await rename(join(root, "meta", "info.json"), join(staged, "info.json"));
    for (const name of await readdir(root)) {
      if (name !== ".recording") await rm(join(root, name), { recursive: true });
    }
    await writeFile(join(root, ".recording", "commit.json"), '["meta/info.json"]');
    await expect(DatasetWriter.create(options)).rejects.toThrow("is not empty: resume its dataset");
  });

  it("allocates no memory for a declared width that no frame has", async () => {
    const root = join(await temporaryFolder(), "wide");
    const features: Features = { wide: { dtype: "float32", shape: [2 ** 40], names: null } };
    const writer = await DatasetWriter.create({ root, fps: 10, features });
    await expect(writer.addFrame({ wide: new Float32Array(3) }, "task")).rejects.toThrow("wide");
    await writer.close();
  });

  it("refuses a folder in use, a second writer, and features that cannot be stored", async () => {
    const root = join(await temporaryFolder(), "busy");
    const features = exampleFeatures();
    const writer = await DatasetWriter.create({ root, fps: 10, features });
    await expect(DatasetWriter.create({ root, fps: 10, features })).rejects.toThrow("is not empty");
    await expect(DatasetWriter.resume({ root })).rejects.toThrow(`is in use by process ${process.pid}`);
    await writer.close();
    const other = `${root}-2`;
    const create = (bad: typeof features) => DatasetWriter.create({ root: other, fps: 10, features: bad });
    await expect(create({ "a/b": { dtype: "float32", shape: [1] } })).rejects.toThrow('must not contain "/"');
    await expect(create({ index: { dtype: "int64", shape: [1] } })).rejects.toThrow("computed by the dataset");
    await expect(create({ x: { dtype: "float32", shape: [0] } })).rejects.toThrow("holds no element");
  });

  it("does not close while an episode is neither saved nor discarded", async () => {
    const root = join(await temporaryFolder(), "unsaved");
    const writer = await DatasetWriter.create({ root, fps: 10, features: exampleFeatures() });
    await writer.addFrame(exampleFrame(0, 0, false), "task");
    await expect(writer.close()).rejects.toThrow("an episode of 1 frames is neither saved nor discarded");
    await writer.discardEpisode();
    await writer.close();
  });

  it("keeps the episode when saving fails, and saves it once the cause is gone", async () => {
    const root = join(await temporaryFolder(), "full");
    const writer = await DatasetWriter.create({ root, fps: 10, features: exampleFeatures("video") });
    await writeEpisode(writer, 0, 3);
    for (let frame = 0; frame < 4; frame++) await writer.addFrame(exampleFrame(1, frame, true), exampleTask(1));
    // A file in place of the staging folder fails like a full disk: before anything is decided.
    const staging = join(root, ".recording/staged");
    await rm(staging, { recursive: true });
    await writeFile(staging, "");
    await expect(writer.saveEpisode()).rejects.toThrow(/^meta\/tasks.parquet: cannot be written \(E/);
    expect(await validateDataset(root)).toEqual({ episodes: 1, frames: 3, problems: [] });
    await writer.saveEpisode();
    await writer.close();
    expect(await validateDataset(root, { decodeAll: true })).toEqual({ episodes: 2, frames: 7, problems: [] });
  });
});
