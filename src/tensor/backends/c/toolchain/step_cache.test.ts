import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StepCache, Workplace } from "./step_cache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-steps-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const DESCRIPTION = {
  compiler: "gcc 12.2.0",
  slots: [{ kind: "feed" as const, name: "x", bytes: 8 }],
  arenaBytes: 64,
};
const keyOf = (n: number) => String(n).padStart(64, "0");
const KIBIBYTE = 1024;

async function claimed(cache: StepCache, n: number): Promise<Workplace> {
  const work = await cache.claim(keyOf(n));
  if (!(work instanceof Workplace)) throw new Error("there is an entry");
  return work;
}

/** Adds an entry of 100 KiB that was last used so many minutes ago. */
async function add(cache: StepCache, n: number, minutesAgo: number): Promise<void> {
  const work = await claimed(cache, n);
  writeFileSync(join(work.folder, "step.node"), Buffer.alloc(100 * KIBIBYTE, n));
  await cache.add(keyOf(n), work, DESCRIPTION);
  await work.close();
  const used = new Date(Date.now() - minutesAgo * 60_000);
  utimesSync(join(folder, keyOf(n)), used, used);
}

const kept = () => readdirSync(folder).map(Number).sort();

test("an entry is found as it was added", async () => {
  const cache = new StepCache(folder);
  expect(await cache.find(keyOf(1))).toBeUndefined();
  await add(cache, 1, 0);
  const library = join(folder, keyOf(1), "step.node");
  expect(await cache.find(keyOf(1))).toEqual({ library, description: DESCRIPTION });
});

test("an entry under another's key is not taken for it", async () => {
  const cache = new StepCache(folder);
  await add(cache, 1, 0);
  renameSync(join(folder, keyOf(1)), join(folder, keyOf(2)));
  expect(await cache.find(keyOf(2))).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test("beyond the limit, those go that were unused for longest", async () => {
  const cache = new StepCache(folder, 350 * KIBIBYTE);
  await add(cache, 1, 30);
  await add(cache, 2, 50);
  await add(cache, 3, 40);
  await cache.find(keyOf(2)); // used just now
  await add(cache, 4, 0);
  expect(kept()).toEqual([1, 2, 4]);
});

test("what was used in the last minute stays, beyond the limit too: another process may be about to load it", async () => {
  const cache = new StepCache(folder, 150 * KIBIBYTE);
  for (const n of [1, 2, 3]) await add(cache, n, 0);
  expect(kept()).toEqual([1, 2, 3]);
});

test("what another process is compiling stays, and what crashed ones left an hour ago goes", async () => {
  const cache = new StepCache(folder);
  for (const name of ["work-now", "work-old"]) mkdirSync(join(folder, name));
  const old = new Date(Date.now() - 3_700_000);
  utimesSync(join(folder, "work-old"), old, old);
  await add(cache, 1, 0);
  expect(readdirSync(folder).sort()).toEqual([keyOf(1), "work-now"]);
});

test("while one compiles a program, another waits for the entry", async () => {
  const cache = new StepCache(folder);
  const work = await claimed(cache, 1);
  let isWaiting = true;
  const waiting = new StepCache(folder).claim(keyOf(1)).finally(() => {
    isWaiting = false;
  });
  // Longer than a silence would be tolerated.
  await setTimeout(3000);
  expect(isWaiting).toBe(true);
  writeFileSync(join(work.folder, "step.node"), Buffer.alloc(KIBIBYTE));
  const entry = await cache.add(keyOf(1), work, DESCRIPTION);
  await work.close();
  expect(await waiting).toEqual(entry);
});

test("when one gives up, another who waits for it has its turn", async () => {
  const cache = new StepCache(folder);
  const work = await claimed(cache, 1);
  const waiting = claimed(cache, 1);
  await work.close();
  await (await waiting).close();
  expect(readdirSync(folder)).toEqual([]);
});

test("nobody waits long for one who crashed", async () => {
  const crashed = join(folder, `work-${keyOf(1)}`);
  mkdirSync(crashed);
  const start = performance.now();
  const work = await claimed(new StepCache(folder), 1);
  expect(performance.now() - start).toBeLessThan(5000);
  expect(work.folder).not.toBe(crashed);
  await work.close();
});
