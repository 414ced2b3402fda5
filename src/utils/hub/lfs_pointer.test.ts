import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isLfsPointer, isLfsPointerFile } from "./lfs_pointer.ts";

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 187716\n`;

it("distinguishes a Git LFS pointer from a file, as text, bytes and on disk", async () => {
  expect([isLfsPointer(POINTER), isLfsPointer(Buffer.from(POINTER)), isLfsPointer("{}")]).toEqual([true, true, false]);
  const folder = await mkdtemp(join(tmpdir(), "handrail-lfs-"));
  try {
    await writeFile(join(folder, "pointer"), POINTER);
    await writeFile(join(folder, "short"), "PAR1");
    await writeFile(join(folder, "long"), POINTER.padEnd(5000));
    const found = await Promise.all(
      ["pointer", "short", "long", "missing", "."].map((name) => isLfsPointerFile(join(folder, name))),
    );
    expect(found).toEqual([true, false, false, false, false]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
