import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WriterLock } from "../writing/writer_lock.ts";
import {
  type EpisodeLabels,
  labelledFrames,
  rangesOf,
  readSuccessLabels,
  writeSuccessLabels,
} from "./success_labels.ts";

const LENGTHS = [10, 5, 8];
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "handrail-labels-"));
  await mkdir(join(root, "meta"));
});
afterEach(() => rm(root, { recursive: true }));

const read = () => readSuccessLabels(root, LENGTHS);
const write = (changes: readonly (readonly [number, EpisodeLabels | null])[]) =>
  writeSuccessLabels(root, LENGTHS, new Map(changes));
const labels = (...success: [number, number][]): EpisodeLabels => ({ success, by: "a person" });

describe("labels of success", () => {
  it("are added and replaced by episode, and removed again without a trace", async () => {
    expect(await read()).toEqual(new Map());
    await write([
      [2, labels([3, 8])],
      [0, labels()],
    ]);
    await write([[1, labels([0, 1], [3, 5])]]);
    await write([[2, labels([4, 8])]]);
    expect([...(await read())]).toEqual([
      [0, labels()],
      [1, labels([0, 1], [3, 5])],
      [2, labels([4, 8])],
    ]);
    await write([
      [0, null],
      [1, null],
      [2, null],
    ]);
    expect(await read()).toEqual(new Map());
    expect(await readdir(join(root, "meta"))).toEqual([]);
  });

  it.each([
    ["episode 3 does not exist", 3, labels()],
    ["[3,11] is no range", 0, labels([3, 11])],
    ["[3,3] is no range", 0, labels([3, 3])],
    ["[2,4] is no range [from, to) of its 10 frames after 3", 0, labels([0, 3], [2, 4])],
  ])("are refused, and nothing is written: %s", async (message, episode, wrong) => {
    await expect(
      write([
        [1, labels([0, 1])],
        [episode, wrong],
      ]),
    ).rejects.toThrow(message);
    expect(await read()).toEqual(new Map());
  });

  it("are not written while another process writes the dataset", async () => {
    const lock = await WriterLock.acquire(root);
    await expect(write([[1, labels()]])).rejects.toThrow("Stop the other recording first");
    lock.release();
    await write([[1, labels()]]);
    expect((await read()).size).toBe(1);
  });

  it("of a damaged file are named, and the file stays", async () => {
    const file = join(root, "meta/success_labels.json");
    for (const [content, problem] of [
      ["{", "JSON"],
      ["[]", "is not an object"],
      ['{"7": {"success": [], "by": "x"}}', "episode 7 does not exist"],
      ['{"0": {"success": 3, "by": "x"}}', 'labels have "success"'],
    ] as const) {
      await writeFile(file, content);
      await expect(read()).rejects.toThrow(problem);
      await expect(write([[1, labels()]])).rejects.toThrow("meta/success_labels.json");
      expect(await readFile(file, "utf8")).toBe(content);
    }
  });

  it("are ranges of frames", () => {
    const frames = [true, false, true, true, false];
    expect(rangesOf(frames)).toEqual([
      [0, 1],
      [2, 4],
    ]);
    expect(labelledFrames(labels([0, 1], [2, 4]), 5)).toEqual(frames);
    expect(rangesOf([false, true])).toEqual([[1, 2]]);
    expect(rangesOf([])).toEqual([]);
  });
});
