import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { OpenFiles } from "./open_files.ts";

/** @param closingMs How long it takes to close a file; default: 0. */
function files(limit: number, closingMs: Readonly<Record<string, number>> = {}) {
  const log: string[] = [];
  const open = async (path: string) => {
    if (path === "bad") throw new Error("no such file");
    log.push(`open ${path}`);
    return path;
  };
  const close = async (path: string) => {
    await delay(closingMs[path] ?? 0);
    log.push(`close ${path}`);
  };
  return { log, pool: new OpenFiles(limit, open, close) };
}

it("opens a file once and closes the least recently used one", async () => {
  const { log, pool } = files(2);
  for (const path of ["a", "b", "a", "c", "a"]) expect(await pool.use(path, async (file) => file)).toBe(path);
  await pool.closeAll();
  expect(log.filter((line) => line.startsWith("open"))).toEqual(["open a", "open b", "open c"]);
  expect(log).toContain("close b");
  expect(log.filter((line) => line.startsWith("close")).sort()).toEqual(["close a", "close b", "close c"]);
});

it("never closes a file in use, and runs uses of one file in turn", async () => {
  const { log, pool } = files(1);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = pool.use("a", async () => {
    await held;
    log.push("first");
  });
  const second = pool.use("a", async () => void log.push("second"));
  await pool.use("b", async () => {});
  expect(log).toEqual(["open a", "open b"]);
  release();
  await Promise.all([first, second]);
  await pool.closeAll();
  expect(log.slice(2, 4)).toEqual(["first", "second"]);
  expect(log).toContain("close a");
});

it("waits at the end until evicted files are closed, too", async () => {
  const { log, pool } = files(1, { a: 100 });
  for (const path of ["a", "b"]) await pool.use(path, async () => {});
  expect(log).not.toContain("close a");
  await pool.closeAll();
  expect(log).toContain("close a");
});

it("closes an evicted file while another one is still in use", async () => {
  const { log, pool } = files(1);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = pool.use("a", () => held);
  for (const path of ["b", "c"]) await pool.use(path, async () => {});
  await expect.poll(() => log).toContain("close b");
  expect(log).not.toContain("close a");
  release();
  await first;
  await pool.closeAll();
});

it("retries a file that could not be opened, and rethrows a user's error", async () => {
  const { pool } = files(2);
  await expect(pool.use("bad", async () => {})).rejects.toThrow("no such file");
  await expect(pool.use("bad", async () => {})).rejects.toThrow("no such file");
  await expect(
    pool.use("a", async () => {
      throw new Error("of the user");
    }),
  ).rejects.toThrow("of the user");
  expect(await pool.use("a", async () => 1)).toBe(1);
  await pool.closeAll();
});
