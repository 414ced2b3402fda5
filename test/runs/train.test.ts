/** Short whole runs on the simulated arm: what `handrail train` leaves behind, and how it stops and resumes. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRunLog } from "../../src/metrics/read_run_log.ts";
import type { RunEvent, RunEventOf } from "../../src/metrics/run_event.ts";
import { weightsSha256 } from "../../src/rollout/evaluation/weights_hash.ts";
import { loadPolicy } from "../../src/runs/evaluation/load_policy.ts";
import { HANDRAIL } from "../build.ts";
import { handrail } from "../cli/run_cli.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";

const ROOT = join(import.meta.dirname, "../..");
const CONFIG = join(ROOT, "configs/pick_cube.json");
/** Networks of a few units, two demonstrations, an evaluation of two episodes. */
const SMALL = [
  ...SMALL_NETWORKS,
  "--algorithm.utd_ratio=1",
  "--batch_size=32",
  "--log_freq=20",
  "--eval.n_episodes=2",
  "--handrail.demonstrations.episodes=2",
];
const LOCKSTEP = [...SMALL, "--handrail.pacing=lockstep"];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-train-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function train(output: string, ...overrides: string[]) {
  const result = await handrail("train", "--config", CONFIG, `--output_dir=${output}`, ...overrides);
  expect(result.errors).not.toContain("error:");
  expect(result.code).toBe(0);
  return result.output;
}

async function logOf(output: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of readRunLog(join(output, "run.jsonl"))) events.push(event);
  return events;
}

function ofType<Type extends RunEvent["type"]>(events: readonly RunEvent[], type: Type): RunEventOf<Type>[] {
  return events.filter((event) => event.type === type) as RunEventOf<Type>[];
}

async function hashOf(output: string): Promise<string> {
  const { policy } = await loadPolicy(join(output, "policy"));
  return weightsSha256(policy.weights());
}

describe("handrail train", () => {
  it("demonstrates, learns, evaluates and leaves a policy that can be evaluated again", async () => {
    const output = join(folder, "run");
    const printed = await train(output, ...SMALL, "--policy.online_steps=220");
    expect(printed).toContain("All steps are done");

    expect((await readdir(join(output, "demonstrations", "meta"))).sort()).toContain("info.json");
    const events = await logOf(output);
    const [started] = ofType(events, "run_started");
    expect(started).toMatchObject({ interaction_step: 0, resumed_from: null });
    expect(ofType(events, "run_finished")).toMatchObject([{ reason: "steps" }]);
    expect(ofType(events, "training").length).toBeGreaterThan(2);
    expect(ofType(events, "episode").some(({ intervention_steps }) => intervention_steps > 0)).toBe(true);
    const [evaluation] = ofType(events, "evaluation");
    expect(evaluation!.report).toMatchObject({ episodes: 2, deterministic: true, operator_share: 0 });
    // Two seeds per environment step: distinct from training's seeds and from those of other evaluations.
    expect(evaluation!.report.seed).toBe(2 ** 32 + 2 * 220);

    expect(await hashOf(output)).toBe(evaluation!.report.weights_sha256);
    expect(await readFile(join(output, "policy", "README.md"), "utf8")).toContain(evaluation!.report.weights_sha256);
    expect(await readFile(join(output, "policy", "train_config.json"), "utf8")).not.toContain(folder);
    const again = await handrail("eval", "--policy", join(output, "policy"), "--episodes", "1");
    expect(again.output).toContain(evaluation!.report.weights_sha256);
  });

  it("makes as many updates per step as the config wants", async () => {
    const output = join(folder, "run");
    await train(output, ...SMALL, "--policy.online_steps=300");
    const { step, interaction_step } = ofType(await logOf(output), "learner").at(-1)!;
    expect(interaction_step).toBe(300);
    expect(step).toBeGreaterThan(150);
    expect(step).toBeLessThanOrEqual(300);
  });

  it("learns the same from the same seed in lockstep, and something else from another", async () => {
    const runs = ["--seed=5", "--seed=5", "--seed=6"].map(async (seed, i) => {
      const output = join(folder, `run${i}`);
      await train(output, ...LOCKSTEP, "--policy.online_steps=140", "--policy.online_step_before_learning=20", seed);
      return await hashOf(output);
    });
    const [first, second, other] = await Promise.all(runs);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it("saves everything when it is interrupted, and resumes from there", async () => {
    const output = join(folder, "run");
    const config = [`--output_dir=${output}`, ...SMALL, "--policy.online_steps=100000"];
    const child = spawn(process.execPath, [HANDRAIL, "train", "--config", CONFIG, ...config]);
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let printed = "";
    child.stdout.on("data", (data) => {
      printed += data;
    });
    for (let events: RunEvent[] = []; !events.some(({ interaction_step }) => interaction_step > 150); ) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      events = await logOf(output).catch(() => []);
    }
    child.kill("SIGINT");
    expect(await exited).toBe(0);
    expect(printed).toContain("Stopped; everything is saved");

    const steps = ofType(await logOf(output), "checkpoint").at(-1)!.interaction_step;
    const end = steps + 40;
    await train(output, ...SMALL, `--policy.online_steps=${end}`, "--resume=true");
    const resumed = ofType(await logOf(output), "run_started").at(-1)!;
    expect(resumed.interaction_step).toBe(steps);
    expect(ofType(await logOf(output), "run_finished").at(-1)).toMatchObject({
      reason: "steps",
      interaction_step: end,
    });
  });

  it("says which setting is unknown", async () => {
    const result = await handrail("train", "--config", CONFIG, "--algorithm.dicsount=0.9");
    expect(result.code).toBe(1);
    expect(result.errors).toContain('Did you mean "discount"');
  });
});
