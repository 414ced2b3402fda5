import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FileLock, LockedError } from "./file_lock.ts";

const OPTIONS = { subject: "the thing", remedy: "Stop it first." };
const PATIENT = { timeout: 20_000 };
const HOLDER = `
  const { FileLock } = await import(${JSON.stringify(new URL("./file_lock.ts", import.meta.url).href)});
  await FileLock.acquire(process.env.LOCK_FILE, { subject: "it", remedy: "" });
  console.log(process.pid);
  setInterval(() => {}, 1000);
`;

let folder: string;
let path: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-lock-"));
  path = join(folder, "lock");
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map((child) => child.signalCode ?? child.exitCode ?? once(child, "exit")));
  await rm(folder, { recursive: true, force: true });
});

/** @param wrap A shell command line around the holder's. @returns the holder's process id. */
async function startHolder(wrap?: string): Promise<number> {
  const args = ["--import", "tsx", "--input-type=module", "-e", HOLDER];
  const options: SpawnOptions = { env: { ...process.env, LOCK_FILE: path }, stdio: ["ignore", "pipe", "inherit"] };
  const child = wrap
    ? spawn("sh", ["-c", wrap, process.execPath, ...args], options)
    : spawn(process.execPath, args, options);
  children.push(child);
  const [text] = (await once(child.stdout!.setEncoding("utf8"), "data")) as [string];
  return Number(text);
}

it("is held once, also within a process, and names its holder", async () => {
  const lock = await FileLock.acquire(path, OPTIONS);
  const failure = FileLock.acquire(path, OPTIONS);
  await expect(failure).rejects.toThrow(LockedError);
  await expect(failure).rejects.toThrow(`the thing is in use by process ${process.pid} on ${hostname()} (`);
  await expect(failure).rejects.toThrow(/since 20\d\d-.*Z\)\. Stop it first\.$/);
  lock.release();
  lock.release();
  await expect(readFile(path)).rejects.toThrow("ENOENT");
  (await FileLock.acquire(path, OPTIONS)).release();
});

it("is free once its process is killed", async () => {
  const pid = await startHolder();
  await expect(FileLock.acquire(path, OPTIONS)).rejects.toThrow(`process ${pid} on`);
  process.kill(pid, "SIGKILL");
  await once(children[0]!, "exit");
  (await FileLock.acquire(path, OPTIONS)).release();
});

it.runIf(process.platform === "linux")("is free when its process is a zombie", async () => {
  const pid = await startHolder('"$0" "$@" & exec sleep 1000');
  process.kill(pid, "SIGKILL");
  await expect.poll(() => readFile(`/proc/${pid}/stat`, "utf8"), PATIENT).toContain(") Z ");
  // Its other threads may take a moment longer to die.
  const lock = await vi.waitUntil(() => FileLock.acquire(path, OPTIONS).catch(() => undefined), PATIENT);
  lock.release();
});

it("ignores leftovers in its file: ids of live processes, of this one, of another machine", async () => {
  for (const left of [process.ppid, process.pid, 1, JSON.stringify({ pid: 1, host: "elsewhere" }), "{", ""]) {
    await writeFile(path, String(left));
    (await FileLock.acquire(path, OPTIONS)).release();
  }
});

it("becomes another lock once its file is deleted, so no process waits for a deleted file", async () => {
  const old = await FileLock.acquire(path, OPTIONS);
  const tries: number[] = [];
  const lock = await FileLock.acquire(path, {
    ...OPTIONS,
    tryLock: (fd) => {
      tries.push(fd);
      if (tries.length === 1) old.release(); // between opening and locking
      return true;
    },
  });
  expect(tries).toHaveLength(2);
  expect(await readFile(path, "utf8")).toContain(`"pid":${process.pid}`);
  lock.release();
});

it("warns where files cannot be locked, and then trusts the file's entry for this machine", async () => {
  const warnings: string[] = [];
  const options = {
    ...OPTIONS,
    warn: (message: string) => warnings.push(message),
    tryLock: () => {
      throw Object.assign(new Error("no locks available"), { code: "ENOLCK" });
    },
  };
  const lock = await FileLock.acquire(path, options);
  expect(warnings).toEqual([expect.stringContaining("files cannot be locked here (ENOLCK)")]);
  await expect(FileLock.acquire(path, options)).rejects.toThrow(`in use by process ${process.pid}`);
  lock.release();
  (await FileLock.acquire(path, options)).release();
  const longAgo = { since: "2020-01-01T00:00:00.000Z" }; // by a process of the same number, as in a container
  for (const holder of [{ pid: 999_999_999 }, { host: "elsewhere" }, longAgo]) {
    const left = { pid: process.pid, host: hostname(), since: "", command: "", ...holder };
    await writeFile(path, JSON.stringify(left));
    (await FileLock.acquire(path, options)).release();
  }
});

it.runIf(process.getuid?.() !== 0)("names a file that it cannot open", async () => {
  await chmod(folder, 0o500);
  await expect(FileLock.acquire(path, OPTIONS)).rejects.toThrow(path);
});
