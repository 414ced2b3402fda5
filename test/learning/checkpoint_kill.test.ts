import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/learning/checkpoints/checkpoint_store.ts";
import { openRunFolder } from "../../src/learning/run_folder/run_folder.ts";
import { program } from "../build.ts";
import { addTransitions, dispose, everything, smallRun } from "./small_run.ts";

const COMPILE = { policy: { threads: 1 }, algorithm: { threads: 1 } };
const AT_ONCE = 3;

/** Saves step `step` in a process of its own, which is killed in its n-th change; n = 0 lists the changes. */
async function write(folder: string, step: number, killAt: number): Promise<string[]> {
  const writer = spawn(
    process.execPath,
    [program("learning/processes/checkpoint_writer"), folder, String(step), String(killAt)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
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
  let expected: Record<number, unknown>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "handrail-kill-"));
    base = join(root, "base");
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
    const changes = await write(whole, step, 0);
    const outcomes = { before: 0, after: 0 };
    const indices = choose(changes)[Symbol.iterator]();
    const worker = async () => {
      for (const index of indices) {
        const folder = join(root, `${step}-${index}`);
        await cp(base, folder, { recursive: true, verbatimSymlinks: true });
        await write(folder, step, index + 1);
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

  it("leaves the previous one or the new one, whole, at every step of the writing", async () => {
    const { changes, outcomes } = await killAt(200, (all) => [...all.keys()]);
    const kinds = new Set(changes.map((change) => change.split(" ", 1)[0]));
    expect([...kinds].sort()).toEqual(["link", "mkdir", "rename", "rm", "symlink", "write"]);
    expect(outcomes.before).toBeGreaterThan(60);
    // After `last` was switched: two renames and two deletions.
    expect(outcomes.after).toBe(4);
  });

  it("also where it replaces the very checkpoint that `last` names", async () => {
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

  it("in the very first save leaves a folder for a new run, or a run to go on with", async () => {
    const changes = await write(join(root, "first", "checkpoints"), 0, 0);
    const rename = changes.lastIndexOf("rename 000000");
    const ofKind = (kind: string) => changes.findIndex((change) => change.startsWith(kind));
    // Before, in and after every kind of change, and wherever the whole checkpoint is put in its place.
    const chosen = [0, ...["write", "rename"].map(ofKind), rename - 1, rename, rename + 1, rename + 2];
    const indices = [...new Set(chosen)].filter((index) => index < changes.length);
    const outcomes = await Promise.all(
      indices.map(async (index) => {
        const folder = join(root, `first-${index}`);
        await write(join(folder, "checkpoints"), 0, index + 1);
        const { trainConfig, ...run } = smallRun();
        const begun = { ...trainConfig, output_dir: folder };
        const resumed = { ...begun, resume: true };
        const store = new CheckpointStore(join(folder, "checkpoints"), { onlineSteps: 1000 });
        const what = `killed at "${changes[index]}" (${index + 1} of ${changes.length})`;
        const isWhole = index > rename;
        const [possible, impossible] = isWhole ? [resumed, begun] : [begun, resumed];
        await expect(openRunFolder(impossible), what).rejects.toThrow(
          isWhole ? "already holds a run" : "there is no checkpoint",
        );
        await (await openRunFolder(possible)).release();
        if (isWhole) {
          const found = await store.load(undefined, COMPILE);
          expect(found, what).toMatchObject({ step: 0, interactionStep: 50 });
          await dispose(found);
        }
        await store.save({ ...run, trainConfig, step: 0 });
        expect((await readdir(store.folder)).sort(), `${what}: the next save clears up`).toEqual(["000000", "last"]);
        await dispose({ ...run, trainConfig });
        return isWhole;
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });
});
