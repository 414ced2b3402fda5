/** Properties of whole processes: reproducible bits, constant memory, and operation without optional packages. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { program } from "../build.ts";
import { trainDigest } from "./processes/train_digest.ts";

const WITHOUT_OPTIONAL_PACKAGES = new URL("processes/without_optional_packages.mjs", import.meta.url).href;

/** Runs a program of `processes/` in a new Node process and returns what it prints. */
async function run(script: string, args: readonly string[] = [], flags: readonly string[] = []): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    program(`tensor/processes/${script}`),
    ...args,
  ]);
  return stdout.trim();
}

describe("training", () => {
  test("gives the same bits in one process and across processes, and different ones for another seed", async () => {
    const [here, again, ...elsewhere] = await Promise.all([
      trainDigest(5),
      trainDigest(5),
      run("train_digest", ["5"]),
      run("train_digest", ["5"]),
    ]);
    expect([again, ...elsewhere]).toEqual([here, here, here]);
    expect(await trainDigest(6)).not.toBe(here);
  });

  test("does not grow the process", async () => {
    const grown = Number(await run("memory_growth", [], ["--expose-gc"]));
    // Keeping only the smallest tensor of each of the 2000 runs would make 80 MB.
    expect(grown).toBeLessThan(40e6);
  });
});

describe("the WebAssembly runtime", () => {
  test("runs if its package is installed", async () => {
    expect(await run("use_web_runtime")).toBe("loaded");
  });

  test("explains how to install its missing package, and the library imports without optional packages", async () => {
    const message = await run("use_web_runtime", [], ["--import", WITHOUT_OPTIONAL_PACKAGES]);
    expect(message).toBe(
      'The WebAssembly runtime needs the optional package "onnxruntime-web". Install it with: npm install onnxruntime-web',
    );
  });
});
