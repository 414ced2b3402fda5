/** The same seed must give the same bits in every process, images included. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { program } from "../build.ts";
import { hashEpisode } from "./hash_episode.ts";

test("two processes play bit-identical episodes, images included", async () => {
  const run = async (seed: number) => {
    const args = [program("envs/processes/hash_episode"), String(seed)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return stdout.trim();
  };
  const [here, there, other] = await Promise.all([hashEpisode(11), run(11), run(12)]);
  expect(here).toMatch(/^[0-9a-f]{64}$/);
  expect(there).toBe(here);
  expect(other).not.toBe(here);
  expect(here).not.toBe(createHash("sha256").digest("hex"));
});
