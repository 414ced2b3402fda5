import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { confinedPath, readablePath, UnsafePathError, writablePath } from "./confined_path.ts";

let parent: string;
let root: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "handrail-confined-"));
  root = join(parent, "root");
  await mkdir(join(root, "data"), { recursive: true });
  await writeFile(join(root, "data/inside.txt"), "inside");
  await writeFile(join(parent, "outside.txt"), "outside");
});
afterEach(() => rm(parent, { recursive: true }));

const HOSTILE = [
  ...["../outside.txt", "data/../../outside.txt", "..", "a/..", "/etc/passwd", "//host/share", "C:/x", "c:x"],
  ...["..\\x", "\\\\host\\share", "a\0b", "a\nb", "", ".", "a//b", "./a", "a/", "x".repeat(5000)],
];

it.each(HOSTILE)("refuses the path %j on every system, to read and to write", async (path) => {
  expect(() => confinedPath(root, path)).toThrow(UnsafePathError);
  await expect(readablePath(root, path)).rejects.toThrow(UnsafePathError);
  await expect(writablePath(root, path)).rejects.toThrow(UnsafePathError);
});

it.each(["data/inside.txt", "data/missing/x.parquet", "...", "a..b/c", "видео é.mp4", ".hidden"])(
  "accepts %j",
  async (path) => {
    expect(await readablePath(root, path)).toBe(join(root, path));
    expect(await writablePath(root, path)).toBe(join(root, path));
  },
);

describe("links", () => {
  it("that lead out are not read, whether the file itself or a folder on the way", async () => {
    await symlink("../../outside.txt", join(root, "data/link.txt"));
    await symlink("..", join(root, "up"));
    for (const path of ["data/link.txt", "up/outside.txt"]) {
      await expect(readablePath(root, path)).rejects.toThrow(/is a link out of its folder, to .*outside\.txt/);
    }
  });

  it("that stay inside are read, also when the root is a link", async () => {
    await symlink("inside.txt", join(root, "data/link.txt"));
    await symlink(root, join(parent, "alias"));
    expect(await readablePath(join(parent, "alias"), "data/link.txt")).toBe(join(parent, "alias/data/link.txt"));
  });

  it("of a snapshot into the contents of its cache are read", async () => {
    const repository = join(parent, "datasets--owner--name");
    const blob = join(repository, "blobs", "a".repeat(64));
    await mkdir(join(repository, "blobs"), { recursive: true });
    await mkdir(join(repository, "snapshots/commit/data"), { recursive: true });
    await writeFile(blob, "content");
    await symlink(`../../../blobs/${"a".repeat(64)}`, join(repository, "snapshots/commit/data/file"));
    const snapshot = join(repository, "snapshots/commit");
    expect(await readablePath(snapshot, "data/file")).toBe(join(snapshot, "data/file"));
  });

  it("are never written through, wherever they lead", async () => {
    await symlink("data", join(root, "inward"));
    await symlink("nowhere", join(root, "dangling"));
    for (const path of ["inward/new.txt", "inward", "dangling", "dangling/x"]) {
      await expect(writablePath(root, path)).rejects.toThrow("is a link: nothing is written through it");
    }
    await symlink(root, join(parent, "alias"));
    expect(await writablePath(join(parent, "alias"), "data/new.txt")).toBe(join(parent, "alias/data/new.txt"));
  });
});
