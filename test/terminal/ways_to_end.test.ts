/** Commands in a pseudo-terminal, as people start and end them: what the screen shows and what is saved. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { HANDRAIL } from "../build.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { PseudoTerminal, type PseudoTerminalOptions } from "./pseudo_terminal.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Networks of a few units, no demonstrations, no end. */
const SMALL = [
  ...SMALL_NETWORKS,
  "--algorithm.utd_ratio=1",
  "--batch_size=32",
  "--log_freq=20",
  "--save_freq=1000000",
  "--handrail.demonstrations.episodes=0",
  "--handrail.solved=null",
  "--policy.online_step_before_learning=30",
  "--policy.online_steps=1000000",
];
const TIDY = { wrapsLines: true, showsCursor: true, cursor: { column: 0, line: "" } };

let folder: string;
let terminals: PseudoTerminal[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-ends-"));
  terminals = [];
});
afterEach(async () => {
  for (const terminal of terminals) await terminal.kill();
  await rm(folder, { recursive: true, force: true });
});

function open(file: string, args: readonly string[], options?: PseudoTerminalOptions): PseudoTerminal {
  const env = { HANDRAIL_NO_INSTALL: "1" };
  const terminal = new PseudoTerminal(file, args, { ...options, env });
  terminals.push(terminal);
  return terminal;
}

function handrail(...args: string[]): PseudoTerminal {
  return open(process.execPath, [HANDRAIL, ...args]);
}

const checkpointsOf = (run: string) => readdir(join(run, "checkpoints")).catch(() => []);

it("npm start shows its address, saves on Ctrl-C, prints a command that continues it, and saves when the window is closed", async () => {
  const run = join(folder, "a run");
  const first = open("npm", ["start", "--", `--output_dir=${run}`, "--dashboard.port=0", ...SMALL]);
  await first.until(/learning .*\d+\/1000000 steps · \d+ updates\/s · at most [\d:]+ left/);
  expect(first.lines).toContainEqual(expect.stringMatching(/^dashboard on http:\/\/127\.0\.0\.1:\d+\/$/));
  first.pressCtrlC();
  // Parents relay what the terminal has sent to every process already. Not before: a Ctrl-C drops what waits to be shown.
  await first.until(/SIGINT: saving everything/);
  first.signalAll("SIGINT");
  await first.allEnded();
  expect(first.text).toContain("SIGINT: saving everything; repeat to stop immediately");
  expect(first.lines).toContain("Stopped; everything is saved.");
  expect(first.text).not.toContain("1000000 steps ·");
  expect(first).toMatchObject(TIDY);
  const saved = await checkpointsOf(run);
  expect(saved.length).toBeGreaterThan(1);

  const command = first.lines[first.lines.indexOf("Continue with:") + 1]!.trim();
  expect(command).toMatch(/^npm start -- --config '.*train_config.json' --resume=true --dashboard.port 0$/);
  const second = open("/bin/sh", ["-c", command]);
  await second.until(/learning .*\d+\/1000000 steps · [1-9]\d* updates\/s/); // else there is nothing new to save
  second.hangUp();
  await second.allEnded();
  expect((await checkpointsOf(run)).length).toBeGreaterThan(saved.length);
  expect(await readFile(join(run, "run.jsonl"), "utf8")).toMatch(/"run_finished".*"stopped"/);
});

it("the dashboard of a run is there before its demonstrations, stays at its end until Ctrl-C, and leaves with --exit", async () => {
  const run = join(folder, "run");
  const short = ["--policy.online_steps=40", "--handrail.demonstrations.episodes=2", "--eval.n_episodes=1"];
  const config = ["--config", join(ROOT, "configs/pick_cube.json"), ...SMALL, ...short];
  const first = handrail("train", ...config, `--output_dir=${run}`, "--dashboard.port=0");
  await first.until(/dashboard on http\S+/);
  expect(await checkpointsOf(run)).toEqual([]);
  const page = /dashboard on (http\S+)/.exec(first.text)![1]!;
  const status = async () => (await fetch(page)).status;
  expect(await status()).toBe(200);
  await first.until(/the dashboard stays open until Ctrl-C/);
  expect(first.text).toContain("All steps are done");
  expect(await status()).toBe(200);
  first.pressCtrlC();
  expect(await first.exited).toEqual({ code: 0, signal: 0 });
  expect(first).toMatchObject(TIDY);
  await expect(status()).rejects.toThrow();

  const again = ["--config", join(run, "train_config.json"), "--resume=true", "--dashboard.port=0", "--exit"];
  const second = handrail("train", ...again);
  expect(await second.exited).toEqual({ code: 0, signal: 0 });
  expect(second.text).toContain("dashboard on http");
  expect(second.text).not.toContain("stays open");
});

it("learner and actor save everything when their windows are closed or Ctrl-C is pressed", async () => {
  const run = join(folder, "run");
  const config = ["--config", join(ROOT, "configs/pick_cube.json"), ...SMALL];
  const at = (port: number) => `--policy.actor_learner_config.learner_port=${port}`;
  const learner = handrail("learner", ...config, `--output_dir=${run}`, at(0));
  await learner.until(/learner on \S+:\d+/);
  const port = Number(/learner on \S+:(\d+)/.exec(learner.text)![1]);
  const actor = handrail("actor", ...config, `--output_dir=${folder}/actor`, at(port), "--operator", "scripted");
  await actor.until(/running \d{2,} steps/);
  expect(actor.text).not.toContain("weights -1");
  actor.pressCtrlC();
  expect(await actor.exited).toEqual({ code: 0, signal: 0 });
  expect(actor.text).toMatch(/stopped: \d+ steps/);
  expect(actor).toMatchObject(TIDY);
  learner.hangUp();
  await learner.allEnded();
  expect((await checkpointsOf(run)).length).toBeGreaterThan(0);
  expect(await readFile(join(run, "run.jsonl"), "utf8")).toMatch(/"run_finished".*"stopped"/);
});

it("record keeps the episodes it has, and eval says by its exit code that its report is not whole", async () => {
  const demos = join(folder, "demos");
  const recording = handrail("record", demos, "--task", "pick", "--env", "PandaPickCube-v0", "--episodes", "1000");
  await recording.until(/recorded .*[1-9]\d*\/1000 episodes/);
  recording.pressCtrlC();
  expect(await recording.exited).toEqual({ code: 0, signal: 0 });
  expect(recording.text).toMatch(/\d+ episodes recorded into/);
  expect(recording).toMatchObject(TIDY);
  const dataset = await Dataset.open(demos);
  expect(dataset.info.total_episodes).toBeGreaterThan(0);
  await dataset.close();

  const evaluation = handrail("eval", "--policy", join(ROOT, "policies/pick_cube"), "--episodes", "1000");
  await evaluation.until(/evaluating .*[1-9]\d*\/1000 episodes · \d+ solved · [\d:]+ left/);
  evaluation.pressCtrlC();
  expect(await evaluation.exited).toEqual({ code: 130, signal: 0 });
  expect(evaluation.text).toMatch(/stopped after \d+ of 1000 episodes/);
  expect(evaluation).toMatchObject(TIDY);
});

it("carries on when the reader of its output goes away", async () => {
  const main = `"${process.execPath}" "${HANDRAIL}"`;
  const config = join(ROOT, "configs/pick_cube.json");
  const script = `(${main} config "${config}"; echo "code $?" >&2) | head -n 1`;
  const terminal = open("/bin/sh", ["-c", script]);
  await terminal.exited;
  expect(terminal.lines.filter(Boolean).sort()).toEqual(["code 0", "{"]);
});
