/** Damaged datasets: reading never returns a wrong frame, and validation locates the damage. */
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { describeLocation } from "../../src/datasets/errors.ts";
import { encodeParquet } from "../../src/datasets/parquet/parquet_appender.ts";
import { dataSchema, fileSchema, int64Column, stringColumn } from "../../src/datasets/parquet/parquet_schema.ts";
import { dataColumns } from "../../src/datasets/schema/data_columns.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { videoBackend } from "../../src/datasets/video/choose.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { EpisodeBuffer } from "../../src/datasets/writing/frame_input.ts";
import { exampleFrame, SIZE } from "./example_episodes.ts";
import { temporaryFolder, writeDataset } from "./support.ts";

const DATA = "data/chunk-000/file-000.parquet";
const VIDEO = "videos/observation.images.front/chunk-000/file-000.mp4";

let root: string;
beforeEach(async () => {
  root = await writeDataset([6, 5], { camera: "video" });
});

async function problems(options = {}): Promise<string[]> {
  const report = await validateDataset(root, options);
  return report.problems.map(({ message, level: _, ...location }) => `${describeLocation(location)}: ${message}`);
}

async function editInfo(edit: (info: Record<string, unknown>) => void): Promise<void> {
  const path = join(root, "meta/info.json");
  const info = JSON.parse(await readFile(path, "utf8"));
  edit(info);
  await writeFile(path, JSON.stringify(info));
}

/** Overwrites bytes in the middle of a file. */
async function scribble(path: string, from: number, length: number): Promise<void> {
  const bytes = await readFile(join(root, path));
  bytes.fill(0x5a, from, from + length);
  await writeFile(join(root, path), bytes);
}

/** Replaces a camera's video by another with frames at given positions. */
async function replaceVideo(frames: number, fps = 10): Promise<void> {
  const backend = await videoBackend();
  const encoder = await backend.encode(join(root, VIDEO), { ...SIZE, fps, codec: "h264" });
  for (let i = 0; i < frames; i++) await encoder.write(new Uint8Array(SIZE.height * SIZE.width * 3).fill(i * 10));
  await encoder.finish();
}

describe("a damaged dataset", () => {
  it("without a file names the file", async () => {
    await rm(join(root, DATA));
    expect((await problems())[0]).toBe(`${DATA}: cannot be opened: the file is missing or unreadable`);
    const dataset = await Dataset.open(root);
    await expect(dataset.frame(0)).rejects.toThrow(`${DATA}: cannot be opened`);
    await dataset.close();
  });

  it("with a torn parquet file names the file", async () => {
    await truncate(join(root, DATA), 700);
    expect((await problems()).find((line) => line.startsWith(DATA))).toMatch(/not a complete parquet file/);
    await expect(DatasetWriter.resume({ root })).rejects.toThrow(`${DATA}: not a complete parquet file`);
  });

  it("with corrupt parquet pages is not read", async () => {
    await scribble(DATA, 10, 600);
    expect((await problems()).some((line) => line.startsWith(DATA) && /corrupt|missing/.test(line))).toBe(true);
  });

  it("of another version gets advice on converting it", async () => {
    await editInfo((info) => {
      info.codebase_version = "v2.1";
    });
    await expect(Dataset.open(root)).rejects.toThrow('field "codebase_version": this is a v2.1 dataset');
    expect(await problems()).toHaveLength(1);
  });

  it("with inconsistent counters is reported, and nothing is added to it", async () => {
    await editInfo((info) => {
      info.total_frames = 12;
    });
    expect(await problems()).toEqual(['meta/info.json, field "total_frames": is 12, but the dataset has 11']);
    await expect(DatasetWriter.resume({ root })).rejects.toThrow("the dataset is damaged, so nothing is added to it");
  });

  it("with a wrong declared shape names the first row of the field", async () => {
    await editInfo((info) => {
      (info.features as Record<string, { shape: number[] }>)["observation.state"]!.shape = [4];
    });
    expect((await problems()).join("\n")).toContain(
      `${DATA}, row 0, field "observation.state": expected float32[4], found 3 elements`,
    );
  });

  it("without the pandas index is refused, because Python needs it to look up tasks", async () => {
    const tasks = encodeParquet({ schema: fileSchema([int64Column("task_index"), stringColumn("task")]) }, [
      { name: "task_index", data: [0n, 1n] },
      { name: "task", data: ["task 0 é", "task 1 é"] },
    ]);
    await writeFile(join(root, "meta/tasks.parquet"), tasks);
    expect(await problems()).toEqual([expect.stringMatching(/^meta\/tasks.parquet: has no pandas index/)]);
  });

  it("with false statistics names the episode and the number", async () => {
    const path = join(root, "meta/stats.json");
    const stats = JSON.parse(await readFile(path, "utf8"));
    stats.action.mean[1] += 1;
    await writeFile(path, JSON.stringify(stats));
    expect(await problems()).toEqual([expect.stringMatching(/^meta\/stats.json, field "action\/mean": \[1\] is/)]);
  });

  it("with a stray data file is refused, because readers would read it", async () => {
    await cp(join(root, DATA), join(root, "data/chunk-000/file-001.parquet"));
    expect(await problems()).toEqual([expect.stringContaining("data/chunk-000/file-001.parquet: no episode")]);
  });

  it("with a video of another length or rate never yields a wrong frame", async () => {
    await replaceVideo(9);
    expect(await problems()).toContain(
      `${VIDEO}, field "observation.images.front": holds 9 frames, its episodes have 11`,
    );
    await replaceVideo(11, 15);
    expect((await problems())[0]).toContain(
      `${VIDEO}, row 1, field "observation.images.front": this frame is at 0.0666`,
    );
    const dataset = await Dataset.open(root);
    await expect(dataset.frame(1)).rejects.toThrow(/frame 1 of the dataset: no frame at 0.1000\d* s ± 0.0001 s/);
    expect((await dataset.frame(6, { features: ["action"] })).frameIndex).toBe(0);
    await dataset.close();
  });

  it("with a damaged or missing video names it", async () => {
    const size = (await readFile(join(root, VIDEO))).length;
    await truncate(join(root, VIDEO), Math.floor(size / 2));
    expect((await problems({ decodeAll: true })).some((line) => line.startsWith(VIDEO))).toBe(true);
    await rm(join(root, VIDEO));
    expect((await problems()).some((line) => line.startsWith(`${VIDEO}: cannot be opened`))).toBe(true);
    await expect(DatasetWriter.resume({ root })).rejects.toThrow(
      `${VIDEO}, field "observation.images.front": is missing`,
    );
  });
});

it("reports rows by field: stalled time, wrong indices, numbers that are not finite", async () => {
  const broken = await writeDataset([4]);
  const dataset = await Dataset.open(broken);
  const buffer = new EpisodeBuffer(dataset.features, 10);
  for (let i = 0; i < 4; i++) buffer.add(exampleFrame(0, i, false), 0);
  const table = buffer.table(0, 0);
  const column = (key: string) => table.columns[key] as { data: Float32Array };
  column("timestamp").data[2] = Math.fround(0.1);
  column("index").data[3] = 7;
  column("observation.state").data[4] = Number.POSITIVE_INFINITY;
  column("task_index").data[1] = 5;
  const rows = dataColumns(table, dataset.features);
  await writeFile(join(broken, DATA), encodeParquet({ schema: dataSchema(dataset.features) }, rows));
  await dataset.close();
  const report = await validateDataset(broken);
  const lines = report.problems.map(
    ({ message, level: _, ...location }) => `${describeLocation(location)}: ${message}`,
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      `${DATA}, row 1, field "task_index": task 5 does not exist (episode 0)`,
      `${DATA}, row 2, field "timestamp": 0.10000000149011612 s does not follow 0.10000000149011612 s: time must increase (episode 0)`,
      `${DATA}, row 3, field "index": expected 3, found 7 (episode 0)`,
      `${DATA}, row 1, field "observation.state": is Infinity`,
    ]),
  );
});

it.each([
  ["into the same files", undefined],
  ["into new files", 0.01],
])(
  "reads a save %s that was interrupted at any point of its renames, without changing it; the next writer finishes it",
  async (_, sizeLimitMib) => {
    const limit =
      sizeLimitMib === undefined ? {} : { dataFileSizeLimitMib: sizeLimitMib, videoFileSizeLimitMib: sizeLimitMib };
    const shorter = await writeDataset([6, 5], { camera: "video", ...limit });
    const longer = await writeDataset([6, 5, 4], { camera: "video", ...limit });
    const [before, after] = [await contents(shorter), await contents(longer)];
    const changed = Object.keys(after).filter(
      (path) => after[path] !== before[path] && !path.startsWith("/.recording"),
    );
    for (let moved = 0; moved <= changed.length; moved++) {
      const root = await temporaryFolder();
      await cp(shorter, root, { recursive: true });
      await mkdir(join(root, ".recording"), { recursive: true });
      await writeFile(join(root, ".recording/commit.json"), JSON.stringify(changed.map((path) => path.slice(1))));
      for (const [i, path] of changed.entries()) {
        await cp(join(longer, path), join(root, i < moved ? "" : ".recording/staged", path), { recursive: true });
      }
      const interrupted = await contents(root);
      const dataset = await Dataset.open(root);
      expect(dataset.length).toBe(15);
      await dataset.close();
      const report = await validateDataset(root, { decodeAll: true });
      expect(report.problems, `${moved} of ${changed.length}`).toEqual([]);
      expect(await contents(root)).toEqual(interrupted);

      await (await DatasetWriter.resume({ root })).close();
      expect(await contents(root)).toEqual(after);
    }
  },
);

/** Every file of a folder, with its content. */
async function contents(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const entries = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(folder.length), (await readFile(path)).toString("base64")] as const;
  });
  return Object.fromEntries((await Promise.all(entries)).sort());
}
