/** `handrail learn`: behaviour cloning from demonstrations of the scripted operator, without an actor. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunEvent } from "../../src/metrics/run_event.ts";
import { handrail, runScript } from "../cli/run_cli.ts";
import { temporaryFolder } from "../datasets/support.ts";

const PLUGIN = ["--plugin", "./examples/behavior_cloning.ts"];
const CONFIG = ["--config", "examples/behavior_cloning.json", ...PLUGIN];
/** From the sources: the plug-in is written in TypeScript. */
const learn = (...args: string[]) => runScript("src/cli/main.ts", "learn", ...args);

/** The cube always lies at the same place: few demonstrations are enough. */
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
  const env = ["--env-options", FIXED];
  const recorded = await handrail("record", root, "--task", "lift", "--episodes", "6", "--only-successful", ...env);
  expect(recorded).toMatchObject({ code: 0 });

  const dataset = ["--dataset.repo_id=lifts", `--dataset.root=${root}`, `--handrail.environment=${FIXED}`];
  const values = ["--steps=300", "--save_freq=200", "--log_freq=20", `--output_dir=${run}`];
  const learned = await learn(...CONFIG, ...dataset, ...values, "--handrail.keep_checkpoints=null");
  expect(learned.errors).toContain("all 300 updates are made; everything is saved");
  expect(learned).toMatchObject({ code: 0 });

  const events = await eventsOf(run);
  const losses = events.flatMap((event) => (event.type === "training" ? [event.metrics.loss_action!] : []));
  expect(losses).toHaveLength(15);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  const saved = events.flatMap((event) => (event.type === "checkpoint" ? [event.step] : []));
  expect(saved).toEqual([0, 200, 300]);
  expect(events.at(-1)).toMatchObject({ type: "run_finished", reason: "steps", message: "all updates are made" });

  const untrained = join(run, "checkpoints", "0000000");
  expect(await successes(untrained)).toBe(0);
  expect(await successes(run)).toBeGreaterThanOrEqual(8);

  // Continued from its folder alone, to more updates.
  const file = join(run, "train_config.json");
  const resumed = await learn("--config", file, ...PLUGIN, "--resume=true", "--steps=320");
  expect(resumed.errors).toContain("all 320 updates are made");
  expect((await eventsOf(run)).at(-1)).toMatchObject({ type: "run_finished", reason: "steps" });
});

it("says what is missing where there is nothing to learn from", async () => {
  const output = `--output_dir=${join(await temporaryFolder(), "run")}`;
  const refused = await learn(...CONFIG, "--handrail.demonstrations.episodes=0", output);
  expect(refused.code).toBe(1);
  expect(refused.errors).toContain("dataset is null: without actors there is nothing else to learn from");
});
