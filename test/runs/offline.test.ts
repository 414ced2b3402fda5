/** `handrail learn`: behaviour cloning from demonstrations of the scripted operator, without an actor. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunEvent } from "../../src/metrics/run_event.ts";
import { handrail } from "../cli/run_cli.ts";
import { temporaryFolder } from "../datasets/support.ts";

const PLUGIN = ["--plugin", "./examples/behavior_cloning.ts"];
const CONFIG = ["--config", "examples/behavior_cloning.json", ...PLUGIN];
const learn = (...args: string[]) => handrail("learn", ...args);

/** The cube is always in the same place, so a few demonstrations are enough. */
const FIXED = '{"random_block_position":false}';

async function eventsOf(run: string): Promise<RunEvent[]> {
  const lines = (await readFile(join(run, "run.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as RunEvent);
}

async function successes(policy: string): Promise<number> {
  const { output, errors } = await handrail("eval", "--policy", policy, "--episodes", "10");
  const found = /success +(\d+) of 10/.exec(output);
  if (found === null) throw new Error(output + errors);
  return Number(found[1]);
}

it("a policy that is trained on demonstrations alone solves what an untrained one does not", async () => {
  const folder = await temporaryFolder();
  const [root, run] = [join(folder, "demonstrations"), join(folder, "run")];
  const record = ["record", root, "--task", "lift", "--episodes", "6", "--only-successful", "--seed", "3"];
  const recorded = await handrail(...record, "--env-options", FIXED);
  expect(recorded).toMatchObject({ code: 0 });

  const dataset = ["--dataset.repo_id=lifts", `--dataset.root=${root}`, `--handrail.environment=${FIXED}`];
  const values = ["--steps=300", "--save_freq=200", "--log_freq=20", `--output_dir=${run}`];
  const evaluated = ["--env_eval_freq=150", "--eval.n_episodes=10"];
  const learned = await learn(...CONFIG, ...dataset, ...values, ...evaluated, "--handrail.keep_checkpoints=null");
  expect(learned.errors).toContain("all 300 updates are made; everything is saved");
  expect(learned).toMatchObject({ code: 0 });

  const events = await eventsOf(run);
  const losses = events.flatMap((event) => (event.type === "training" ? [event.metrics.loss_action!] : []));
  expect(losses).toHaveLength(15);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  const saved = events.flatMap((event) => (event.type === "checkpoint" ? [event.step] : []));
  expect(saved).toEqual([0, 150, 200, 300]);
  expect(events.at(-1)).toMatchObject({ type: "run_finished", reason: "steps", message: "all updates are made" });

  // At the interval and after the last update: in the log, the checkpoint's folder and the output.
  const reports = events.flatMap((event) => (event.type === "evaluation" ? [event.report] : []));
  expect(reports.map(({ step, episodes }) => [step, episodes])).toEqual([
    [150, 10],
    [300, 10],
  ]);
  const beside = join(run, "checkpoints", "0000300", "pretrained_model", "evaluation.json");
  expect(JSON.parse(await readFile(beside, "utf8"))).toEqual(reports[1]);
  expect(learned.errors).toContain(`evaluated after 150 updates: ${reports[0]!.successes} of 10 episodes solved`);
  expect(learned.errors).toMatch(new RegExp(`everything is saved\n +success +${reports[1]!.successes} of 10`));

  const untrained = join(run, "checkpoints", "0000000");
  expect(await successes(untrained)).toBe(0);
  expect(await successes(run)).toBeGreaterThanOrEqual(8);

  // Resumed from its folder alone, with more updates; reports continue from the update at which it stopped.
  const file = join(run, "train_config.json");
  const resumed = await learn("--config", file, ...PLUGIN, "--resume=true", "--steps=320", "--env_eval_freq=0");
  expect(resumed.errors).toContain("all 320 updates are made");
  const all = await eventsOf(run);
  expect(all.at(-1)).toMatchObject({ type: "run_finished", reason: "steps" });
  expect(all.flatMap((event) => (event.type === "run_started" ? [event.offline_step] : []))).toEqual([0, 300]);
  expect(all.filter(({ type }) => type === "evaluation")).toHaveLength(2);

  // An evaluation that is passed ends the run with the weights that passed it.
  const solve = ["--steps=5000", "--env_eval_freq=30", '--handrail.solved={"success_rate":0.5}'];
  const solved = await learn("--config", file, ...PLUGIN, "--resume=true", ...solve);
  expect(solved).toMatchObject({ code: 0 });
  const end = (await eventsOf(run)).slice(all.length);
  expect(end.at(-1)).toMatchObject({ type: "run_finished", reason: "solved" });
  const [passed, ...failed] = end.flatMap((event) => (event.type === "evaluation" ? [event.report] : [])).reverse();
  expect(passed!.success_rate).toBeGreaterThanOrEqual(0.5);
  for (const { success_rate } of failed) expect(success_rate).toBeLessThan(0.5);
  expect(end.findLast(({ type }) => type === "checkpoint")).toMatchObject({ step: passed!.step });
  expect(solved.errors).toContain(`solved after ${passed!.step} updates; everything is saved`);
});

it("says what is missing when there is nothing to learn from", async () => {
  const output = `--output_dir=${join(await temporaryFolder(), "run")}`;
  const refused = await learn(...CONFIG, "--handrail.demonstrations.episodes=0", output);
  expect(refused.code).toBe(1);
  expect(refused.errors).toContain("dataset is null: without actors there is nothing else to learn from");
});

it("trains without evaluations where none can be made, and says why once", async () => {
  const folder = await temporaryFolder();
  const root = join(folder, "demonstrations");
  const env = ["--env-options", FIXED];
  const recorded = await handrail("record", root, "--task", "lift", "--episodes", "1", "--only-successful", ...env);
  expect(recorded).toMatchObject({ code: 0 });
  const dataset = ["--dataset.repo_id=lifts", `--dataset.root=${root}`, "--handrail.demonstrations.episodes=0"];
  const values = ["--steps=40", "--env_eval_freq=10", `--output_dir=${join(folder, "run")}`];
  const learned = await learn(...CONFIG, ...dataset, ...values, "--env=null");
  expect(learned).toMatchObject({ code: 0 });
  expect(learned.errors).toContain("all 40 updates are made; everything is saved");
  expect(learned.errors.match(/makes no evaluations: [^\n]*/g)).toEqual([
    "makes no evaluations: the config has no env: there is nothing to act in",
  ]);
});
