import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileSources } from "./compile_sources.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-compile-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A compiler that is a shell script. */
function fake(name: string, script: string) {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { command: [file] as const, name };
}

interface CompileWithOptions {
  readonly names?: readonly string[];
  readonly timeoutMs?: number;
}

function compileWith(
  compiler: ReturnType<typeof fake>,
  work: string,
  { names = ["step.c"], ...options }: CompileWithOptions = {},
) {
  const temporaryFolder = join(folder, work);
  mkdirSync(temporaryFolder);
  const sources = names.map((name) => join(temporaryFolder, name));
  return compileSources({
    compiler,
    sources,
    library: join(temporaryFolder, "step.node"),
    temporaryFolder,
    ...options,
  });
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

test("several sources are compiled at the same time, and linked", async () => {
  // Each one waits for the other's start.
  const compiler = fake(
    "pair",
    `case "$*" in
  *"-c "*) for a in "$@"; do case $a in *.c) touch "$a.begun"; cd "$(dirname "$a")";; esac; done
    until [ -e one.c.begun ] && [ -e two.c.begun ]; do sleep 0.01; done;;
  *) case "$*" in *one.c.o*two.c.o*) ;; *) exit 1;; esac;;
esac
for a in "$@"; do out=$a; [ "$last" = -o ] && touch "$out"; last=$a; done`,
  );
  await compileWith(compiler, "work", { names: ["one.c", "two.c"], timeoutMs: 10_000 });
  expect(readdirSync(join(folder, "work")).sort()).toEqual(["one.c.begun", "step.node", "two.c.begun"]);
});

test("the error of one of several sources is the error", async () => {
  const compiler = fake(
    "half",
    `case "$*" in *two.c*) echo "two.c:3:1: error: no" >&2; exit 1;; esac
for a in "$@"; do [ "$last" = -o ] && touch "$a"; last=$a; done`,
  );
  await expect(compileWith(compiler, "work", { names: ["one.c", "two.c"] })).rejects.toThrow(
    /^half fails: two\.c:3:1: error: no$/,
  );
});

test("a compiler that claims success without a library is named, with that", async () => {
  await expect(compileWith(fake("idle", "exit 0"), "work")).rejects.toThrow("idle fails: it wrote no library");
});

test("a compiler that did not end once is not waited for again", async () => {
  const compiler = fake("endless", "sleep 60");
  await expect(compileWith(compiler, "one", { timeoutMs: 300 })).rejects.toThrow("endless cannot be run");
  const start = performance.now();
  await expect(compileWith(compiler, "two", { timeoutMs: 30_000 })).rejects.toThrow("endless cannot be run");
  expect(performance.now() - start).toBeLessThan(10_000);
});
