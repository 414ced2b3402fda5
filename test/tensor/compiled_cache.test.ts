/** Compiled programs between processes: the cache, its damage, and machines that cannot compile. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { program } from "../build.ts";
import { until } from "../until.ts";

const PROGRAM = program("tensor/processes/compiled_steps");

/** What HANDRAIL_CACHE holds after a process has compiled the step. */
let filled: string;
beforeAll(async () => {
  filled = mkdtempSync(join(tmpdir(), "handrail-filled-"));
  await compileInProcess({ HANDRAIL_CACHE: filled });
});
afterAll(() => rmSync(filled, { recursive: true }));

let folder: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-cache-"));
  cache = join(folder, "compiled");
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function compileInProcess(environment: NodeJS.ProcessEnv = {}, prefix: readonly string[] = []): Promise<Outcome> {
  const [command, ...args] = [...prefix, process.execPath, PROGRAM, "compile"];
  const env = { ...process.env, HANDRAIL_CACHE: folder, ...environment };
  return await promisify(execFile)(command!, args, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

const RIGHT = /^2,4 /;
const entries = () => readdirSync(cache).filter((name) => /^[0-9a-f]{64}$/.test(name));
const leftovers = () => readdirSync(cache).filter((name) => !/^[0-9a-f]{64}$/.test(name));
const libraryOf = (entry: string) => join(cache, entry, "step.node");

/** A compiler that answers for its version as the real one, and otherwise does as the script says. `"$@"` are its arguments. */
function fakeCompiler(script: string): string {
  const path = join(folder, "fake-cc");
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then exec cc --version; fi\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("the cache", () => {
  test("spares the second process the compiler", async () => {
    const marks = join(folder, "compiled-times");
    const CC = fakeCompiler(`echo x >> ${marks}; exec cc "$@"`);
    for (let i = 0; i < 2; i++)
      expect(await compileInProcess({ CC })).toMatchObject({ code: 0, stdout: RIGHT, stderr: "" });
    expect(readFileSync(marks, "utf8")).toBe("x\n");
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  test("compiles again for another version of the compiler", async () => {
    cpSync(filled, folder, { recursive: true });
    const path = join(folder, "newer-cc");
    writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo "gcc 99.1.0"; else exec cc "$@"; fi\n`);
    chmodSync(path, 0o755);
    expect(await compileInProcess({ CC: path })).toMatchObject({ code: 0, stdout: RIGHT });
    expect(entries()).toHaveLength(2);
  });

  test.each<[string, (entry: string) => void]>([
    ["a truncated library", (entry) => truncateSync(libraryOf(entry), 5000)],
    ["an exchanged library", (entry) => writeFileSync(libraryOf(entry), "no library")],
    ["a missing library", (entry) => rmSync(libraryOf(entry))],
    ["a damaged manifest", (entry) => writeFileSync(join(cache, entry, "manifest"), "{}\n{}")],
    ["a missing manifest", (entry) => rmSync(join(cache, entry, "manifest"))],
  ])("never loads %s, and replaces the entry", async (_, damage) => {
    cpSync(filled, folder, { recursive: true });
    const [entry] = entries();
    damage(entry!);
    expect(await compileInProcess()).toMatchObject({ code: 0, stdout: RIGHT, stderr: "" });
    expect(entries()).toEqual([entry]);
    expect(statSync(libraryOf(entry!)).size).toBeGreaterThan(5000);
    expect(leftovers()).toEqual([]);
  });

  test("has one entry after two processes compiled the same program at the same time", async () => {
    const CC = fakeCompiler('sleep 1; exec cc "$@"');
    const outcomes = await Promise.all([compileInProcess({ CC }), compileInProcess({ CC })]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 0, stdout: RIGHT, stderr: "" });
    expect(entries()).toHaveLength(1);
    expect(leftovers()).toEqual([]);
  });

  test("has no broken entry after a kill -9 during a compile, and loses what that left an hour later", async () => {
    const compiling = join(folder, "compiling");
    const slow = fakeCompiler(`echo $$ > ${compiling}; exec sleep 600`);
    const env = { ...process.env, HANDRAIL_CACHE: folder, CC: slow };
    const killed: ChildProcess = spawn(process.execPath, [PROGRAM, "compile"], { env, stdio: "ignore" });
    await until(() => existsSync(compiling) && readFileSync(compiling, "utf8").endsWith("\n"), "the compiler");
    killed.kill("SIGKILL");
    process.kill(Number(readFileSync(compiling, "utf8")), "SIGKILL");
    expect(entries()).toEqual([]);
    expect(leftovers()).toHaveLength(1);
    expect(await compileInProcess()).toMatchObject({ code: 0, stdout: RIGHT, stderr: "" });
    expect(leftovers()).toHaveLength(1); // It might be another process's.
    const hourAgo = new Date(Date.now() - 3_700_000);
    utimesSync(join(cache, leftovers()[0]!), hourAgo, hourAgo);
    for (const entry of entries()) rmSync(join(cache, entry), { recursive: true });
    expect(await compileInProcess()).toMatchObject({ code: 0, stdout: RIGHT });
    expect(leftovers()).toEqual([]);
  });
});

describe("a cache that cannot be used is a warning, and the program runs", () => {
  test("where others may write to it", async () => {
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    const outcome = await compileInProcess();
    expect(outcome).toMatchObject({ code: 0, stdout: RIGHT });
    expect(outcome.stderr).toMatch(/not kept in .*compiled: .* can be written by others/);
    expect(readdirSync(cache)).toEqual([]);
  });

  test("where others may replace it", async () => {
    mkdirSync(cache, { mode: 0o700 });
    chmodSync(folder, 0o777);
    const outcome = await compileInProcess();
    expect(outcome).toMatchObject({ code: 0, stdout: RIGHT });
    expect(outcome.stderr).toMatch(/can be written by others/);
    expect(readdirSync(cache)).toEqual([]);
  });

  test("where it leads to such a folder by a link", async () => {
    const open = join(folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    symlinkSync(open, cache);
    expect((await compileInProcess()).stderr).toMatch(/open can be written by others/);
    expect(readdirSync(open)).toEqual([]);
  });

  test("where its place is a file", async () => {
    writeFileSync(cache, "");
    const outcome = await compileInProcess();
    expect(outcome).toMatchObject({ code: 0, stdout: RIGHT, stderr: expect.stringContaining("are not kept in") });
  });

  test("where nothing can be loaded from it, whenever a process starts", async () => {
    const CC = fakeCompiler(
      `for a in "$@"; do case $a in ${cache}/*step.node) echo nothing > "$a"; exit 0;; esac; done\nexec cc "$@"`,
    );
    for (let i = 0; i < 2; i++) {
      const outcome = await compileInProcess({ CC });
      expect(outcome).toMatchObject({ code: 0, stdout: RIGHT, stderr: expect.stringContaining("are not kept in") });
    }
  });

  test("where the compiler finds no space there", async () => {
    const full = `case "$*" in *${folder}/compiled*) echo "ld: final link failed: No space left on device" >&2; exit 1;; esac`;
    const outcome = await compileInProcess({ CC: fakeCompiler(`${full}\nexec cc "$@"`) });
    expect(outcome).toMatchObject({
      code: 0,
      stdout: RIGHT,
      stderr: expect.stringContaining("No space left on device"),
    });
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe("a machine that cannot compile", () => {
  const failure = async (environment: NodeJS.ProcessEnv, prefix: readonly string[] = []) => {
    const { code, stderr } = await compileInProcess(environment, prefix);
    expect(code).not.toBe(0);
    return /CompilerUnavailable: (.*)/.exec(stderr)?.[1];
  };

  test("says what to install", async () => {
    expect(await failure({ PATH: join(folder, "nothing") })).toBe("no C compiler found: install gcc or clang");
    expect(await failure({ CC: "/nowhere/cc" })).toBe('the C compiler of CC="/nowhere/cc" does not exist');
  });

  test("says what its compiler says, in one line, and leaves nothing", async () => {
    const CC = fakeCompiler('echo "step.c: fatal error: the moon is full" >&2; echo more >&2; exit 1');
    expect(await failure({ CC })).toMatch(/^gcc \S+ fails: step.c: fatal error: the moon is full$/);
    expect(readdirSync(cache)).toEqual([]);
  });

  test("compiles for any processor if its compiler does not know this one", async () => {
    const CC = fakeCompiler(
      `case "$*" in *-m*=native*) echo "cc: error: unrecognized argument in option '-march=native'" >&2; exit 1;; esac\nexec cc "$@"`,
    );
    expect(await compileInProcess({ CC })).toMatchObject({ code: 0, stdout: RIGHT, stderr: "" });
  });

  test.skipIf(process.platform !== "linux")("has no space anywhere: says so, and leaves nothing", async () => {
    const temporary = join(folder, "tmp");
    mkdirSync(temporary);
    // No process may write a file of more than 4 KiB.
    const reason = await failure({ TMPDIR: temporary }, ["prlimit", "--fsize=4096"]);
    expect(reason).toMatch(/EFBIG|File too large|File size limit|SIGXFSZ|no place for compiled steps/);
    expect([...readdirSync(cache), ...readdirSync(temporary)]).toEqual([]);
  });
});

describe("threads and processes end", () => {
  const run = async (...args: readonly string[]) => {
    const env = { ...process.env, HANDRAIL_CACHE: folder };
    return await promisify(execFile)(process.execPath, [PROGRAM, ...args], { env });
  };

  test("while their programs run, and other threads go on", async () => {
    expect((await run("workers", "3")).stdout).toBe("9\n");
  });

  test("by process.exit() with a pool of threads alive", async () => {
    expect((await run("exit")).stdout).toBe("running\n");
  });
});
