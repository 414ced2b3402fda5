/** `handrail train` with compiled steps, from an empty cache: killed, twice at once, without space, without a compiler. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { builtEnvironment, HANDRAIL } from "../build.ts";
import { handrailWith } from "../cli/run_cli.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { until } from "../until.ts";

const CONFIG = join(import.meta.dirname, "../../configs/pick_cube.json");
const SMALL = [
  ...SMALL_NETWORKS,
  "--algorithm.utd_ratio=1",
  "--batch_size=16",
  "--eval.n_episodes=1",
  "--handrail.demonstrations.episodes=0",
  "--handrail.pacing=lockstep",
  "--policy.online_step_before_learning=20",
  "--policy.online_steps=60",
];
const ENTRY = /^[0-9a-f]{64}$/;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-compiled-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const environment = (CC = "cc"): NodeJS.ProcessEnv => ({
  HANDRAIL_BACKEND: "auto",
  HANDRAIL_CACHE: join(folder, "cache"),
  CC,
});
const argumentsFor = (output: string) => ["train", "--config", CONFIG, ...SMALL, `--output_dir=${output}`];
const cached = () => readdir(join(folder, "cache/compiled"));

/** Trains until the end. @returns what it has said. */
async function train(output: string, CC?: string, ...overrides: string[]): Promise<string> {
  const result = await handrailWith(environment(CC), ...argumentsFor(output), ...overrides);
  expect(result.errors).not.toContain("error:");
  expect(result.code).toBe(0);
  expect(result.output).toContain("All steps are done");
  return result.errors;
}

/** A compiler that answers for its version as the real one, and otherwise does as the script says. `"$@"` are its arguments. */
async function fakeCompiler(script: string): Promise<string> {
  const path = join(folder, "fake-cc");
  await writeFile(path, `#!/bin/sh\nif [ "$1" = --version ]; then exec cc --version; fi\n${script}\n`, { mode: 0o755 });
  return path;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // What has ended stays in the list until its parent asks; some containers have nobody who adopts and asks.
    return process.platform !== "linux" || !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

const COMPILED = /training steps: compiled by (gcc|clang) \d+/;

describe("handrail train with compiled steps", () => {
  it("leaves no compiler behind when it is killed during its first compile, and resumes", async () => {
    const output = join(folder, "run");
    const started = join(folder, "started");
    // As compilers do, it starts a process that works.
    const CC = await fakeCompiler(`sleep 600 & echo "$$ $!" > ${started}; wait`);
    const env = { ...builtEnvironment(), ...environment(CC) };
    const run = spawn(process.execPath, [HANDRAIL, ...argumentsFor(output)], { env, stdio: "ignore" });
    const compilersRun = () => existsSync(started) && readFileSync(started, "utf8").endsWith("\n");
    await until(() => compilersRun() && existsSync(join(output, "checkpoints/last")), "a compiler and a checkpoint");
    const compilers = readFileSync(started, "utf8").trim().split(" ").map(Number);
    expect(compilers.map(isRunning)).toEqual([true, true]);
    run.kill("SIGKILL");
    await once(run, "exit");
    await until(() => !compilers.some(isRunning), "the compiler's end");
    expect((await cached()).filter((name) => ENTRY.test(name))).toEqual([]);

    expect(await train(output, "cc", "--resume=true")).toMatch(COMPILED);
    expect((await cached()).filter((name) => ENTRY.test(name))).not.toEqual([]);
  });

  it("trains in two runs that start at the same time with the same empty cache", async () => {
    const outputs = [join(folder, "one"), join(folder, "two")];
    for (const said of await Promise.all(outputs.map((output) => train(output)))) expect(said).toMatch(COMPILED);
    const names = await cached();
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !ENTRY.test(name))).toEqual([]);
  });

  it("compiles each program once, and its training steps while demonstrations are recorded", async () => {
    const output = join(folder, "run");
    const [first, linked] = [join(folder, "first"), join(folder, "linked")];
    const CC = await fakeCompiler(
      `[ -e ${first} ] || touch ${first}\ncase "$*" in *step.node*) echo x >> ${linked};; esac\nexec cc "$@"`,
    );
    expect(await train(output, CC, "--handrail.demonstrations.episodes=4")).toMatch(COMPILED);
    const [started] = (await readFile(join(output, "run.jsonl"), "utf8")).split("\n", 1);
    expect(JSON.parse(started!)).toMatchObject({ type: "run_started" });
    expect((await stat(first)).mtimeMs / 1000).toBeLessThan(JSON.parse(started!).time_s);
    const programs = await cached();
    expect(programs.filter((name) => !ENTRY.test(name))).toEqual([]);
    for (const name of programs)
      expect((await readdir(join(folder, "cache/compiled", name))).sort()).toEqual(["manifest", "step.node"]);
    expect((await readFile(linked, "utf8")).trim().split("\n")).toHaveLength(programs.length);
  });

  it("trains where the cache's disk is full, and says once that nothing is kept", async () => {
    const full = `case "$*" in *${folder}/cache*) echo "ld: final link failed: No space left on device" >&2; exit 1;; esac`;
    const said = await train(join(folder, "run"), await fakeCompiler(`${full}\nexec cc "$@"`));
    expect(said).toMatch(COMPILED);
    expect(said.match(/compiled programs are not kept in .*: .*No space left on device/g)).toHaveLength(1);
    expect(await cached()).toEqual([]);
  });

  it("trains without a compiler, and says on what instead, and why", async () => {
    const said = await train(join(folder, "run"), "/nonexistent/cc");
    expect(said).toMatch(
      /training steps: ONNX Runtime, .*\(not compiled: the C compiler of CC="\/nonexistent\/cc" does not exist\)/,
    );
    expect(said.match(/training steps: /g)).toHaveLength(1);
  });
});
