import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeFolder } from "./make_folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-make-folder-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("creates missing folders and returns the uppermost", async () => {
  expect(await makeFolder(join(folder, "a", "b", "c"))).toBe(join(folder, "a"));
  expect(await makeFolder(join(folder, "a", "b", "d"))).toBe(join(folder, "a", "b", "d"));
  expect(await readdir(join(folder, "a", "b"))).toEqual(["c", "d"]);
});

it("leaves an existing folder as it is, also behind a link", async () => {
  await mkdir(join(folder, "real"));
  await symlink("real", join(folder, "link"));
  expect(await makeFolder(join(folder, "link"))).toBeUndefined();
  expect(await makeFolder(join(folder, "link", "below"))).toBe(join(folder, "link", "below"));
  expect(await makeFolder("/")).toBeUndefined();
});

it("creates a folder once for concurrent calls", async () => {
  const path = join(folder, "a", "b", "c");
  await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)));
  expect(await readdir(join(folder, "a", "b"))).toEqual(["c"]);
});

it("names the file in the way", async () => {
  await writeFile(join(folder, "file"), "");
  await symlink("nowhere", join(folder, "dangling"));
  await expect(makeFolder(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(folder, "file", "run"))).rejects.toMatchObject({ code: "ENOTDIR" });
  await expect(makeFolder(join(folder, "dangling"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(folder, "dangling", "run"))).rejects.toMatchObject({ code: "EEXIST" });
});

it.runIf(process.platform === "linux")("gives up where the file system allows no folders", async () => {
  const failure = { code: "ENOENT", path: "/proc/outputs" };
  await expect(makeFolder("/proc/outputs/run")).rejects.toMatchObject(failure);
  await expect(makeFolder("/proc/outputs")).rejects.toMatchObject(failure);
});
