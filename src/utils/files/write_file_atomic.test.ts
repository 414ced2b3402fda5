import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomic } from "./write_file_atomic.ts";

describe("writeFileAtomic", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-atomic-"));
    path = join(folder, "file.txt");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("writes text, bytes and pieces, and leaves nothing else in the folder", async () => {
    await writeFileAtomic(path, "héllo");
    expect(await readFile(path, "utf8")).toBe("héllo");
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeFileAtomic(path, [Uint8Array.of(3), new Uint8Array(0), new Uint8Array([9, 4, 5, 9]).subarray(1, 3)]);
    expect([...(await readFile(path))]).toEqual([3, 4, 5]);
    expect(await readdir(folder)).toEqual(["file.txt"]);
  });

  it("keeps the old file, and leaves nothing behind, when a piece fails midway", async () => {
    await writeFile(path, "old");
    async function* pieces() {
      yield Uint8Array.of(1, 2, 3);
      throw new Error("the source failed");
    }
    await expect(writeFileAtomic(path, pieces())).rejects.toThrow("the source failed");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["file.txt"]);
  });

  it.each([
    ["ENOSPC", "the disk is full"],
    ["EDQUOT", "the quota is used up"],
  ])("names the file and the free space when the disk is full: %s", async (code, reason) => {
    async function* pieces() {
      yield Uint8Array.of(1, 2, 3);
      throw Object.assign(new Error(`${code}: write`), { code });
    }
    const error = await writeFileAtomic(path, pieces()).catch((cause) => cause);
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(`${path} cannot be written: ${reason} (${code}; `),
    });
    expect(error.message).toMatch(/[\d.]+ MiB are free\). Free some space and try again$/);
    expect(await readdir(folder)).toEqual([]);
  });

  it("leaves nothing behind when the file cannot be renamed into place", async () => {
    await mkdir(join(path, "in the way"), { recursive: true });
    await expect(writeFileAtomic(path, "new")).rejects.toThrow(/EISDIR|ENOTEMPTY|EPERM/);
    expect(await readdir(folder)).toEqual(["file.txt"]);
  });

  it("names the folder that does not exist", async () => {
    await expect(writeFileAtomic(join(folder, "missing", "file.txt"), "new")).rejects.toThrow(/ENOENT.*missing/);
  });

  it("shows a concurrent reader a complete file, never a part", async () => {
    const versions = ["a", "b"].map((letter) => letter.repeat(300_000));
    await writeFileAtomic(path, versions[0]!);
    let writing = true;
    const writer = (async () => {
      for (let i = 0; i < 20; i++) await writeFileAtomic(path, versions[i % 2]!);
      writing = false;
    })();
    let reads = 0;
    while (writing) {
      expect(versions.includes(await readFile(path, "utf8"))).toBe(true);
      reads++;
    }
    await writer;
    expect(reads).toBeGreaterThan(0);
  });

  it("lets the last of several concurrent writers win, without mixing them", async () => {
    const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
    expect(await readdir(folder)).toEqual(["file.txt"]);
  });

  it.skipIf(process.platform === "win32")("keeps the permissions of the file it replaces", async () => {
    await writeFile(path, "secret");
    await chmod(path, 0o600);
    await writeFileAtomic(path, "new secret");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
