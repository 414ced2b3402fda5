import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AppendFile } from "./append_file.ts";

/** By default expect.poll gives up after a second. */
const PATIENT = { timeout: 20_000 };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-append-"));
  path = join(folder, "log");
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const content = () => readFile(path, "utf8");

it("appends to existing content, in order, and can be closed repeatedly", async () => {
  await writeFile(path, "old\n");
  const file = await AppendFile.open(path);
  for (let i = 0; i < 1000; i++) file.append(Buffer.from(`${i}\n`));
  await file.close();
  await file.close();
  expect(await content()).toBe(`old\n${Array.from({ length: 1000 }, (_, i) => `${i}\n`).join("")}`);
  expect(() => file.append(Buffer.from("late"))).toThrow("is closed");
});

it("writes within the interval", async () => {
  const file = await AppendFile.open(path, { flushIntervalS: 0.05 });
  file.append(Buffer.from("soon"));
  expect(await content()).toBe("");
  await expect.poll(content, PATIENT).toBe("soon");
  await file.close();
});

it("writes bytes that are appended during a write", async () => {
  const file = await AppendFile.open(path);
  file.append(Buffer.from("first "));
  const flushed = file.flush();
  file.append(Buffer.from("second"));
  await flushed;
  expect(await content()).toBe("first second");
  expect(file.bufferedBytes).toBe(0);
  await file.close();
});

it("refuses bytes that its buffer has no room for", async () => {
  const file = await AppendFile.open(path, { maximumBufferedBytes: 5 });
  expect(file.append(Buffer.from("four"))).toBe(true);
  expect(file.append(Buffer.from("no"))).toBe(false);
  await file.flush();
  expect(file.append(Buffer.from("room"))).toBe(true);
  await file.close();
  expect(await content()).toBe("fourroom");
});

it.runIf(existsSync("/dev/full"))("keeps bytes that a full disk refuses, and reports it once", async () => {
  const errors: string[] = [];
  const file = await AppendFile.open("/dev/full", { flushIntervalS: 0.01, onError: (e) => errors.push(e.message) });
  file.append(Buffer.from("kept"));
  await expect.poll(() => errors, PATIENT).toHaveLength(1);
  await sleep(100);
  expect(errors).toEqual([expect.stringContaining("ENOSPC")]);
  expect(file.bufferedBytes).toBe(4);
  await expect(file.flush()).rejects.toThrow("ENOSPC");
  await expect(file.close()).rejects.toThrow("ENOSPC");
});
