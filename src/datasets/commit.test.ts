import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Commit, recover, WORK_FOLDER } from "./commit.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "handrail-commit-"));
  await writeFile(join(root, "a.txt"), "old a");
  await mkdir(join(root, WORK_FOLDER));
});
afterEach(() => rm(root, { recursive: true }));

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
  expect(await recover(root)).toBe(false);
});

it("changes nothing before it is applied, and forgets what an abandoned change staged", async () => {
  const commit = new Commit(root);
  await commit.begin();
  await commit.stageContent("a.txt", "abandoned");
  await commit.stageContent("c.txt", "abandoned");
  expect(await recover(root)).toBe(false);
  await commit.begin();
  await commit.stageContent("a.txt", "new a");
  await commit.apply();
  expect(await content("a.txt")).toBe("new a");
  expect(await readdir(root)).not.toContain("c.txt");
});

it("is finished by whoever recovers it, from any point of the renames, more than once", async () => {
  const paths = ["a.txt", "b.txt", "sub/c.txt"];
  for (let moved = 0; moved <= paths.length; moved++) {
    const staged = join(root, WORK_FOLDER, "staged");
    for (const [i, path] of paths.entries()) {
      await mkdir(join(staged, "sub"), { recursive: true });
      await mkdir(join(root, "sub"), { recursive: true });
      await writeFile(join(i < moved ? root : staged, path), `${moved} ${path}`);
    }
    await writeFile(join(root, WORK_FOLDER, "commit.json"), JSON.stringify(paths));
    expect(await recover(root)).toBe(true);
    for (const path of paths) expect(await content(path)).toBe(`${moved} ${path}`);
    expect(await recover(root)).toBe(false);
  }
});
