/** The pool of threads, in C alone: many regions, on a busy machine, under the thread sanitizer where there is one. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runtimeHeader } from "../runtime_headers.ts";
import { findCompiler } from "../toolchain/compiler.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "handrail-threads-"));
let plain: string;
/** Undefined where the compiler or the kernel has no such thing. */
let sanitized: string | undefined;

beforeAll(async () => {
  const source = join(folder, "stress.c");
  const program = await readFile(new URL("./threads.test.c", import.meta.url), "utf8");
  writeFileSync(source, `${runtimeHeader("threads.h")}\n${program}`);
  const { command } = await findCompiler();
  const build = async (name: string, ...flags: readonly string[]) => {
    const output = join(folder, name);
    const [compiler, ...given] = command;
    await run(compiler, [
      ...given,
      "-std=gnu11",
      "-D_GNU_SOURCE",
      "-pthread",
      "-g",
      "-w",
      ...flags,
      source,
      "-o",
      output,
    ]);
    return output;
  };
  plain = await build("plain", "-O2");
  sanitized = await build("sanitized", "-O1", "-fsanitize=thread")
    .then(async (path) => (await run(path, ["2", "1"])) && path)
    .catch(() => undefined);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @param pauseEvery so many regions, workers have time to fall asleep. @returns how many tasks ran wrongly. */
async function errorsOf(program: string, threads: number, regions: number, pauseEvery = 0): Promise<number> {
  const { stdout } = await run(program, [threads, regions, pauseEvery].map(String), { timeout: 120_000 });
  return Number(stdout);
}

test.each([2, 3, 16])(
  "each task of 200,000 regions runs once and sees what was before its region (%i threads)",
  async (threads) => {
    expect(await errorsOf(plain, threads, 200_000)).toBe(0);
  },
);

test("no task is lost or run twice when workers fall asleep between regions", async () => {
  expect(await errorsOf(plain, 3, 4_000, 10)).toBe(0);
});

test("the thread sanitizer finds nothing", async (context) => {
  if (sanitized === undefined) return context.skip();
  // It exits with an error if it does.
  expect(await errorsOf(sanitized, 4, 10_000, 200)).toBe(0);
});
