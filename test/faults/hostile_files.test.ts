/** Files from foreign hands that are made to take all time or memory: every reader refuses them soon, by name and reason. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readInfo } from "../../src/datasets/meta/info.ts";
import { readStatistics } from "../../src/datasets/statistics/stats_file.ts";
import { decidedPaths } from "../../src/datasets/writing/commit.ts";
import { CheckpointStore } from "../../src/learning/checkpoints/checkpoint_store.ts";
import { loadPipeline } from "../../src/processors/pipeline_files.ts";
import { ReplayArchive } from "../../src/replay/replay_archive.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { openSafetensors } from "../../src/tensor/safetensors/file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-hostile-"));
});
afterAll(() => rm(folder, { recursive: true }));

const MEBIBYTE = 2 ** 20;
/** Many times what any of it takes, for a machine that does other things too. */
const SOON_MS = 20_000;
const DEPTH = 300_000;

/** Made when it is its turn: together they are large. */
const TEXTS: Readonly<Record<string, () => string>> = {
  "a hundred MiB": () => `{"a":"${"x".repeat(100 * MEBIBYTE)}"}`,
  "lists in lists": () => `{"a":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}}`,
  "objects in objects": () => `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`,
  "a hundred thousand keys": () =>
    JSON.stringify(Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`k${i}`, i]))),
  "a key of a million characters": () => `{"${"k".repeat(1e6)}":1}`,
  "a million elements": () => `{"a":[${"0,".repeat(1e6)}0]}`,
  "two hundred kB of escapes": () => `{"a":"${"\\x".repeat(1e5)}"}`,
};

/** Reads one file with the hostile text in it; resolves with the problem where a reader passes it over with a message. */
const READERS: Readonly<Record<string, readonly [file: string, read: (path: string) => Promise<unknown>]>> = {
  "a JSON config": ["config.json", (path) => loadTrainingConfig(path)],
  "a YAML config": ["config.yaml", (path) => loadTrainingConfig(path)],
  "a dataset's schema": ["dataset/meta/info.json", () => readInfo(join(folder, "dataset"))],
  "a processor": ["policy_preprocessor.json", () => loadPipeline(folder, "policy_preprocessor")],
  "a replay buffer": ["replay/replay.json", () => new ReplayArchive(join(folder, "replay")).load()],
  "a checkpoint": [
    "000001/checkpoint.json",
    () => new CheckpointStore(folder, { onlineSteps: 1 }).load(join(folder, "000001")),
  ],
  "a safetensors header": ["weights.safetensors", openSafetensors],
};

function bytesOf(file: string, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (!file.endsWith(".safetensors")) return bytes;
  const framed = new Uint8Array(8 + bytes.length);
  new DataView(framed.buffer).setBigUint64(0, BigInt(bytes.length), true);
  framed.set(bytes, 8);
  return framed;
}

async function put(file: string, text: string): Promise<string> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytesOf(file, text));
  return path;
}

describe.each(Object.entries(READERS))("%s", (_, [file, read]) => {
  it.each(Object.entries(TEXTS))("with %s is refused soon, in a few words", { timeout: SOON_MS }, async (_, text) => {
    const path = await put(file, text());
    const error = (await read(path).then(
      () => undefined,
      (cause) => cause,
    )) as Error | undefined;
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(RangeError);
    expect(error!.message).not.toContain("Maximum call stack");
    expect(error!.message).toContain(file.split("/").at(-1)!);
    expect(error!.message.length).toBeLessThan(20_000);
    await rm(path);
  });
});

it.each(Object.entries(TEXTS))(
  "a dataset's statistics and journal with %s are passed over, or refused by name",
  { timeout: SOON_MS },
  async (_, text) => {
    const root = join(folder, "other");
    await put("other/meta/stats.json", text());
    const problems: string[] = [];
    await readStatistics(root, (error) => problems.push(error.message)).catch((error) => problems.push(error.message));
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems.slice(0, 3)) expect(problem.slice(0, 60)).toContain("meta/stats.json");
    await put("other/.recording/commit.json", text());
    expect(await decidedPaths(root)).toEqual([]);
    await rm(root, { recursive: true });
  },
);
