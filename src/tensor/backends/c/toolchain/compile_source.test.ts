import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileSource } from "./compile_source.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-compile-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A compiler that is a shell script. */
function fake(name: string, script: string) {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { command: [file] as const, name, version: "1" };
}

function compileWith(compiler: ReturnType<typeof fake>, work: string, timeoutMs?: number) {
  const temporaryFolder = join(folder, work);
  mkdirSync(temporaryFolder);
  const [source, library] = [join(temporaryFolder, "step.c"), join(temporaryFolder, "step.node")];
  return compileSource({ compiler, source, library, temporaryFolder, ...(timeoutMs && { timeoutMs }) });
}

test("an error is the same text in every folder", async () => {
  const compiler = fake(
    "picky",
    'for a in "$@"; do case $a in *step.c) echo "$a:7:1: error: no" >&2;; esac; done; exit 1',
  );
  for (const work of ["one", "two"]) {
    await expect(compileWith(compiler, work)).rejects.toThrow(/^picky fails: step\.c:7:1: error: no$/);
  }
});

test("a compiler that claims success without a library is named, with that", async () => {
  await expect(compileWith(fake("idle", "exit 0"), "work")).rejects.toThrow("idle fails: it wrote no library");
});

test("a compiler that did not end once is not waited for again", async () => {
  const compiler = fake("endless", "sleep 60");
  await expect(compileWith(compiler, "one", 300)).rejects.toThrow("endless cannot be run");
  const start = performance.now();
  await expect(compileWith(compiler, "two", 30_000)).rejects.toThrow("endless cannot be run");
  expect(performance.now() - start).toBeLessThan(10_000);
});
