import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/datasets/support.ts";
import { readEpisodeStarts, serialiseEpisodeStarts, withEpisodeStart } from "./episode_starts.ts";

const FILE = "meta/episode_starts.json";

async function read(text: string, episodes: number) {
  const root = await temporaryFolder();
  await mkdir(join(root, "meta"));
  await writeFile(join(root, FILE), text);
  return await readEpisodeStarts(root, episodes);
}

describe("the starts of a dataset's episodes", () => {
  it("are read as written, and are unknown without the file", async () => {
    const starts = [{ seed: 2 ** 47, resets: 3 }, null, { seed: 0, resets: 0 }];
    expect(await read(serialiseEpisodeStarts(starts), 3)).toEqual(starts);
    expect(await readEpisodeStarts(await temporaryFolder(), 3)).toBeUndefined();
  });

  it("fit into the size limit of reading, for all numbers", async () => {
    const starts = Array.from({ length: 1000 }, () => ({ seed: Number.MAX_SAFE_INTEGER, resets: 100_000 }));
    expect(await read(serialiseEpisodeStarts(starts), 1000)).toEqual(starts);
  });

  it("stay with their episodes, also after episodes with unknown starts", () => {
    const start = { seed: 5, resets: 0 };
    expect(withEpisodeStart(undefined, 2, undefined)).toBeUndefined();
    expect(withEpisodeStart(undefined, 2, start)).toEqual([null, null, start]);
    expect(withEpisodeStart([start], 1, undefined)).toEqual([start, null]);
  });

  it.each([
    ["{", "is not JSON"],
    ['{"seed":1}', "is not a list"],
    ["[1]", 'episode 0: "seed" must be an integer from 0 on'],
    ['[null,"x"]', 'episode 1: "seed" must be an integer from 0 on'],
    ['[{"seed":1.5,"resets":0}]', '"seed" must be an integer'],
    ['[{"seed":-1,"resets":0}]', '"seed" must be an integer'],
    ['[{"seed":1}]', '"resets" must be an integer'],
    ['[{"seed":1,"resets":1e9}]', '"resets" is 1000000000, more than 100000'],
    ["[null,null,null]", "has the starts of 3 episodes, but the dataset has 2"],
    ["[".repeat(10_000), "is 10000 bytes long; at most 768 are read"],
  ])("are refused in a file that holds %s, with advice", async (text, message) => {
    const problem = expect.stringMatching(/^meta\/episode_starts\.json: .*only `handrail replay` needs the file/);
    await expect(read(text, 2)).rejects.toMatchObject({ name: "DatasetError", message: problem });
    await expect(read(text, 2)).rejects.toThrow(message);
  });
});
