import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DatasetError } from "../errors.ts";
import { Commit, decidedPaths, recover, WORK_FOLDER } from "./commit.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "handrail-commit-"));
  await writeFile(join(root, "a.txt"), "old a");
  await mkdir(join(root, WORK_FOLDER));
});
afterEach(() => rm(root, { recursive: true }));

const isOwn = (path: string) => path.endsWith(".txt");

const content = (path: string) => readFile(join(root, path), "utf8");

it.each([true, false])("replaces and adds files together, flushing each change: %s", async (flushEach) => {
  const commit = new Commit(root, { flushEach });
  for (const version of ["first", "second"]) {
    await commit.begin();
    await commit.stageContent("a.txt", `${version} a`);
    await commit.stageContent("deep/er/b.txt", `${version} b`);
    await commit.apply();
    expect([await content("a.txt"), await content("deep/er/b.txt")]).toEqual([`${version} a`, `${version} b`]);
  }
  await commit.flush();
  expect(await recover(root, isOwn)).toBe(false);
});

it("changes nothing before it is applied, and discards the staged files of an abandoned change", async () => {
  const commit = new Commit(root);
  await commit.begin();
  await commit.stageContent("a.txt", "abandoned");
  await commit.stageContent("c.txt", "abandoned");
  expect(await recover(root, isOwn)).toBe(false);
  await commit.begin();
  await commit.stageContent("a.txt", "new a");
  await commit.apply();
  expect(await content("a.txt")).toBe("new a");
  expect(await readdir(root)).not.toContain("c.txt");
});

it("is finished by recovery, from any point of the renames, more than once", async () => {
  const paths = ["a.txt", "b.txt", "sub/c.txt"];
  for (let moved = 0; moved <= paths.length; moved++) {
    const staged = join(root, WORK_FOLDER, "staged");
    for (const [i, path] of paths.entries()) {
      await mkdir(join(staged, "sub"), { recursive: true });
      await mkdir(join(root, "sub"), { recursive: true });
      await writeFile(join(i < moved ? root : staged, path), `${moved} ${path}`);
    }
    await writeFile(join(root, WORK_FOLDER, "commit.json"), JSON.stringify(paths));
    expect(await recover(root, isOwn)).toBe(true);
    for (const path of paths) expect(await content(path)).toBe(`${moved} ${path}`);
    expect(await recover(root, isOwn)).toBe(false);
  }
});

describe("an untrusted journal", () => {
  const journal = (content: unknown) => writeFile(join(root, WORK_FOLDER, "commit.json"), JSON.stringify(content));

  it.each([
    ...["../outside.txt", "/tmp/outside.txt", "a/../../outside.txt", "..\\outside.txt", "C:/outside.txt", "b\0.txt"],
    ...[".git/hooks/pre-commit", ".recording/lock"],
  ])("that names %j is refused, and nothing is moved", async (path) => {
    await mkdir(join(root, WORK_FOLDER, "staged"), { recursive: true });
    await writeFile(join(root, WORK_FOLDER, "staged/a.txt"), "new a");
    await journal(["a.txt", path]);
    const outside = (other: string) => other.endsWith(".txt") && !other.startsWith(".");
    await expect(recover(root, outside)).rejects.toThrow(DatasetError);
    expect(await content("a.txt")).toBe("old a");
  });

  it.each([42, { paths: ["a.txt"] }, [1], null])("that is %j is refused", async (value) => {
    await journal(value);
    await expect(recover(root, isOwn)).rejects.toThrow(".recording/commit.json: is not a list of files");
    expect(await decidedPaths(root)).toEqual([]);
  });

  it("does not move files through links, in either direction", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "handrail-elsewhere-"));
    try {
      await writeFile(join(elsewhere, "a.txt"), "theirs");
      await symlink(elsewhere, join(root, WORK_FOLDER, "staged"));
      await journal(["a.txt"]);
      await expect(recover(root, isOwn)).rejects.toThrow("is a link: nothing is written through it");
      await expect(new Commit(root).begin()).rejects.toThrow("is a link: nothing is written through it");

      await rm(join(root, WORK_FOLDER), { recursive: true });
      await mkdir(join(root, WORK_FOLDER, "staged/sub"), { recursive: true });
      await writeFile(join(root, WORK_FOLDER, "staged/sub/a.txt"), "new");
      await symlink(elsewhere, join(root, "sub"));
      await journal(["sub/a.txt"]);
      await expect(recover(root, isOwn)).rejects.toThrow("is a link: nothing is written through it");
      await expect(new Commit(root).stageContent("sub/b.txt", "new")).rejects.toThrow("is a link");
      expect(await readdir(elsewhere)).toEqual(["a.txt"]);
      expect(await readFile(join(elsewhere, "a.txt"), "utf8")).toBe("theirs");
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });
});
