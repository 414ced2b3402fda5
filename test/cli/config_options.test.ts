/** Command lines in separate processes: overrides, ports, named configs, plug-ins. */
import { access, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn as spawnInTerminal } from "@lydell/node-pty";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HANDRAIL } from "../build.ts";
import { handrail } from "./run_cli.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-options-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe("handrail config", () => {
  it("takes overrides as every other command does, text as it was typed", async () => {
    const values = ["--seed=3", "--job_name=007", "--output_dir=/data/run #3", "--dataset.repo_id=!x"];
    const { code, output } = await handrail("config", "pick_cube", ...values);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      ...{ seed: 3, job_name: "007", output_dir: "/data/run #3", dataset: { repo_id: "!x" } },
    });
  });

  it("says what cannot be learned as the doctor and training do, which then leaves no folder", async () => {
    const values = ["--policy.online_steps=50", "--policy.online_buffer_capacity=1"];
    const output_dir = `--output_dir=${join(folder, "run")}`;
    const runs = await Promise.all([
      handrail("config", "pick_cube", ...values),
      handrail("train", "--config", "pick_cube", "--no-dashboard", output_dir, ...values),
      handrail("learner", "--config", "pick_cube", output_dir, ...values),
    ]);
    for (const { code, errors } of runs) {
      expect(code).toBe(1);
      expect(errors).toContain("policy.online_step_before_learning is 100");
      expect(errors).toContain("policy.online_buffer_capacity is 1");
    }
    expect(await exists(join(folder, "run"))).toBe(false);
  });
});

describe("a start that fails", () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("names the port that is taken and the setting that chooses another; what cannot act leaves no folder", async () => {
    const { port } = server.address() as { port: number };
    const run = (name: string, ...args: string[]) => handrail(...args, `--output_dir=${join(folder, name)}`);
    const [metrics, learner, unknown] = await Promise.all([
      run("metrics", "train", "--config", "pick_cube", "--no-dashboard", `--metrics-port=${port}`),
      run(
        ...(["learner", "learner", "--config", "pick_cube"] as const),
        `--policy.actor_learner_config.learner_port=${port}`,
      ),
      run("unknown", "train", "--config", "pick_cube", "--no-dashboard", "--env.task=PandaPickCub-v0"),
    ]);
    for (const [outcome, setting] of [
      [metrics, "--metrics-port"],
      [learner, "policy.actor_learner_config.learner_port"],
    ] as const) {
      expect(outcome.code).toBe(1);
      expect(outcome.errors).toContain(
        `error: cannot listen on port ${port} of 127.0.0.1: another program uses it. End the other program, or choose ` +
          `another port with ${setting}`,
      );
    }
    expect(unknown).toMatchObject({ code: 1, errors: expect.stringContaining('Did you mean "PandaPickCube-v0"') });
    const left = ["metrics", "learner", "unknown"].map((name) => exists(join(folder, name)));
    expect(await Promise.all(left)).toEqual([false, false, false]);
  });
});

describe("a plug-in that a config names", () => {
  const EXIT = 7;
  let config: string;
  let plugin: string;
  beforeEach(async () => {
    plugin = join(folder, "plugin.mjs");
    config = join(folder, "config.json");
    await writeFile(plugin, `process.exit(${EXIT});`);
    const preset = JSON.parse(await readFile("configs/pick_cube.json", "utf8"));
    await writeFile(config, JSON.stringify({ ...preset, handrail: { ...preset.handrail, plugins: ["./plugin.mjs"] } }));
  });

  /** Runs in a terminal and answers the question; returns the exit code. */
  function inTerminal(answer: string): Promise<number> {
    const { promise, resolve } = withResolvers<number>();
    const args = [HANDRAIL, "train", "--config", config];
    const terminal = spawnInTerminal(process.execPath, args, { env: { ...process.env, XDG_CONFIG_HOME: folder } });
    let shown = "";
    terminal.onData((data) => {
      const asked = shown.includes("[y/N]");
      shown += data;
      if (!asked && shown.includes("[y/N]")) terminal.write(`${answer}\r`);
    });
    terminal.onExit(({ exitCode }) => resolve(exitCode));
    return promise;
  }

  it("runs only after a person at a terminal has accepted that content of that file", async () => {
    process.env.XDG_CONFIG_HOME = folder;
    try {
      const train = () => handrail("train", "--config", config);
      const [refused, printed, doctored, denied] = await Promise.all([
        train(),
        handrail("config", config),
        handrail("doctor", "--config", config),
        inTerminal("n"),
      ]);
      expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining(`pass --plugin ${plugin}`) });
      expect([printed.code, doctored.code, denied]).not.toContain(EXIT);
      expect(await inTerminal("y")).toBe(EXIT);
      expect((await train()).code).toBe(EXIT);
      await writeFile(plugin, `process.exit(${EXIT}); // changed`);
      expect(await train()).toMatchObject({
        code: 1,
        errors: expect.stringContaining("a config alone does not run code"),
      });
    } finally {
      delete process.env.XDG_CONFIG_HOME;
    }
  });

  it("is not needed to evaluate a policy that it trained", async () => {
    const policy = join(folder, "policy");
    await cp("policies/pick_cube", policy, { recursive: true });
    const file = join(policy, "train_config.json");
    const trained = JSON.parse(await readFile(file, "utf8"));
    const own = { algorithm: { type: "own" }, handrail: { ...trained.handrail, plugins: [plugin] } };
    await writeFile(file, JSON.stringify({ ...trained, ...own }));
    const { code, output } = await handrail("eval", "--policy", policy, "--episodes", "1");
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("success") });
  });
});

function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
