import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsdown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/training/checkpoints/checkpoint_store.ts";
import { addTransitions, dispose, everything, smallRun } from "./small_run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMPILE = { policy: { threads: 1 }, algorithm: { threads: 1 } };
const AT_ONCE = 3;

/** Compiles the program that saves and is killed: a hundred processes begin sooner when none of them has to. */
async function bundleWriter(folder: string): Promise<string> {
  const entry = "test/training/processes/checkpoint_writer.ts";
  const options = { config: false, dts: false, clean: false, publint: false, logLevel: "silent" } as const;
  await build({ ...options, cwd: ROOT, entry, outDir: join(folder, "dist"), platform: "node", target: "node20" });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  return join(folder, "dist", "checkpoint_writer.mjs");
}

/** Saves step `step` in a process of its own, which is killed in its n-th change; n = 0 lists the changes. */
async function write(program: string, folder: string, step: number, killAt: number): Promise<string[]> {
  const writer = spawn(process.execPath, [program, folder, String(step), String(killAt)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  writer.stdout.on("data", (text) => {
    output += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    writer.once("close", (...ended) => resolve(ended));
  });
  expect([code, signal]).toEqual(killAt === 0 ? [0, null] : [null, "SIGKILL"]);
  return output.split("\n").filter(Boolean);
}

describe("kill -9 while a checkpoint is being written", () => {
  let root: string;
  let base: string;
  let program: string;
  let expected: Record<number, unknown>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "handrail-kill-"));
    base = join(root, "base");
    program = await bundleWriter(root);
    const run = smallRun();
    addTransitions(run.buffers.online, 0, 40);
    const store = new CheckpointStore(base, { onlineSteps: 1000 });
    await store.save({ ...run, step: 50, interactionStep: 20 });
    await store.save({ ...run, step: 100, interactionStep: 40 });
    const old = everything({ ...run, step: 100, interactionStep: 40 });
    addTransitions(run.buffers.online, 40, 10);
    expected = { 40: old, 50: everything({ ...run, interactionStep: 50 }) };
    await dispose(run);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** Kills at the changes that the save of `step` makes; returns how many times each outcome was found. */
  async function killAt(step: number, choose: (changes: readonly string[]) => number[]) {
    const whole = join(root, `whole-${step}`);
    await cp(base, whole, { recursive: true, verbatimSymlinks: true });
    const changes = await write(program, whole, step, 0);
    const outcomes = { before: 0, after: 0 };
    const indices = choose(changes)[Symbol.iterator]();
    const worker = async () => {
      for (const index of indices) {
        const folder = join(root, `${step}-${index}`);
        await cp(base, folder, { recursive: true, verbatimSymlinks: true });
        await write(program, folder, step, index + 1);
        const store = new CheckpointStore(folder, { onlineSteps: 1000, keepLast: 1 });
        const found = await store.load(undefined, COMPILE);
        const what = `killed at "${changes[index]}" (${index + 1} of ${changes.length})`;
        const isNew = found.interactionStep === 50;
        expect(found.step, what).toBe(isNew ? step : 100);
        expect(everything(found), what).toEqual({ ...(expected[found.interactionStep] as object), step: found.step });
        outcomes[isNew ? "after" : "before"] += 1;

        await store.save({ ...found, step: 300 });
        expect((await readdir(folder)).sort(), `${what}: the next save clears up`).toEqual(["000300", "last"]);
        await dispose(found);
        await rm(folder, { recursive: true });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return { changes, outcomes };
  }

  it("leaves the previous one or the new one, whole, at every step of the writing", { timeout: 300_000 }, async () => {
    const { changes, outcomes } = await killAt(200, (all) => [...all.keys()]);
    const kinds = new Set(changes.map((change) => change.split(" ", 1)[0]));
    expect([...kinds].sort()).toEqual(["link", "mkdir", "rename", "rm", "symlink", "write"]);
    expect(outcomes.before).toBeGreaterThan(60);
    // After `last` was switched: two renames and two deletions.
    expect(outcomes.after).toBe(4);
  });

  it("also where it replaces the very checkpoint that `last` names", { timeout: 300_000 }, async () => {
    const { outcomes } = await killAt(100, (all) => {
      const written = all.indexOf("rename checkpoint.json");
      // Dozens of links make the twin, one like the other: the first and the last stand for them.
      const isLink = (index: number) => all[index]?.startsWith("link ") ?? false;
      const amongLinks = (index: number) => isLink(index - 1) && isLink(index) && isLink(index + 1);
      return [...all.keys()].filter((index) => index >= written && !amongLinks(index));
    });
    expect(outcomes.before).toBeGreaterThan(10);
    expect(outcomes.after).toBeGreaterThan(2);
  });
});
