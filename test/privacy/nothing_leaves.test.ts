/** No command writes outside the folders it was given, looks up a host, or connects beyond this machine. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HANDRAIL } from "../build.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { freePort } from "../transport/free_port.ts";
import { type Calls, canTrace, trace } from "./system_calls.ts";

const ROOT = join(import.meta.dirname, "../..");
const CONFIG = ["--config", join(ROOT, "configs/pick_cube.json")];
const SMALL = [
  ...SMALL_NETWORKS,
  "--algorithm.utd_ratio=1",
  "--batch_size=8",
  "--eval.n_episodes=1",
  "--handrail.demonstrations.episodes=1",
  "--policy.online_step_before_learning=10",
  "--policy.online_steps=60",
];

let folder: string;
let env: Record<string, string>;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "handrail-privacy-")));
  await Promise.all(["home", "tmp", "work"].map((name) => mkdir(join(folder, name))));
  // No telemetry switches are set: telemetry must be off by default.
  env = { PATH: process.env.PATH!, HOME: join(folder, "home"), TMPDIR: join(folder, "tmp") };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Where compiled programs are kept. */
const CACHE = ".cache/handrail";

/** What is in the home folder besides. */
async function homeFiles(): Promise<string[]> {
  const files = await readdir(join(folder, "home"), { recursive: true });
  return files.filter((path) => path !== ".cache" && path !== CACHE && !path.startsWith(CACHE + sep));
}

function expectNothingLeaves({ written, addresses }: Calls): void {
  const cache = join(folder, "home", CACHE);
  const allowed = [join(folder, "work"), join(folder, "tmp"), cache, "/dev", "/proc"];
  const others = written.filter((path) => path !== join(folder, "home/.cache"));
  expect(others.filter((path) => !allowed.some((root) => path === root || path.startsWith(root + sep)))).toEqual([]);
  expect(addresses.filter((address) => !/^(127\.|::1:|::ffff:127\.)/.test(address))).toEqual([]);
  expect(addresses.filter((address) => address.endsWith(":53"))).toEqual([]);
}

describe.runIf(canTrace)("traced by the operating system,", () => {
  let traces = 0;
  const run = (args: readonly string[], onErrors?: (text: string, stop: () => void) => void) => {
    const options = { cwd: join(folder, "work"), env, file: join(folder, `trace-${traces++}`) };
    return trace([HANDRAIL, ...args], options, onErrors);
  };

  it("train, eval and record keep to their folders and to this machine", async () => {
    const commands = [
      ["train", ...CONFIG, "--output_dir=run", "--dashboard.port=0", ...SMALL],
      ["eval", "--policy", "run/policy", "--episodes", "1"],
      ["record", "demos", "--env", "PandaPickCube-v0", "--task", "lift the cube", "--episodes", "1"],
    ];
    for (const command of commands) {
      const { code, errors, calls } = await run(command);
      expect(code, errors).toBe(0);
      expectNothingLeaves(calls);
    }
    // The trace does see what is written and connected to.
    expect(await readdir(join(folder, "work"))).toEqual(["demos", "run"]);
    expect(await readFile(join(folder, "trace-0"), "utf8")).toContain("run.jsonl");
    expect(await homeFiles()).toEqual([]);
  });

  it("a learner and its actor, too", async () => {
    const port = `--policy.actor_learner_config.learner_port=${await freePort()}`;
    const values = [...CONFIG, "--output_dir=run", port, ...SMALL];
    let actor: ReturnType<typeof run> | undefined;
    const learner = await run(["learner", ...values], (text, stop) => {
      if (actor !== undefined || !text.includes("learner on ")) return;
      actor = run(["actor", ...values]);
      actor.then(({ code }) => code === 0 || stop(), stop);
    });
    expect(learner.code, learner.errors).toBe(0);
    expectNothingLeaves(learner.calls);
    const { code, errors, calls } = await actor!;
    expect(code, errors).toBe(0);
    expectNothingLeaves(calls);
    expect(calls.addresses).not.toEqual([]);
    expect(await homeFiles()).toEqual([]);
  });
});

describe("in worker threads of other programs", () => {
  const script = join(import.meta.dirname, "processes/compile_in_a_worker.mjs");
  const compileIn = async (workerEnv: Record<string, string>, more: Record<string, string> = {}) => {
    const options = { cwd: join(folder, "work"), env: { ...env, ...more } };
    const native = JSON.stringify({ ...workerEnv, HANDRAIL_BACKEND: "onnx" });
    return (await promisify(execFile)(process.execPath, [script, native], options)).stdout;
  };

  it.each([
    ["as the process's", {}],
    ["that claims it is off, unlike the process's", { ORT_DISABLE_TELEMETRY: "1" }],
  ])("the native library's telemetry is off, with an environment %s", async (_, workerEnv) => {
    expect(await compileIn({ ...env, ...workerEnv })).toBe("2,4\n");
    expect(await homeFiles()).toEqual([]);
  });

  it.runIf(process.platform === "linux")(
    "a user's own switch is respected, and this test would see telemetry",
    async () => {
      await compileIn(env, { ORT_DISABLE_TELEMETRY: "0" });
      expect(await homeFiles()).not.toEqual([]);
    },
  );
});
