/** The doctor on configs for `handrail learn`: a dataset, and no actors. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configKeys } from "../../scripts/config_leaves.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import type { Finding } from "../../src/runs/doctor/check.ts";
import { checkSettings, requireSoundSettings } from "../../src/runs/doctor/check_settings.ts";
import { ONLY_WITH_ACTORS, ONLY_WITHOUT_ACTORS } from "../../src/runs/doctor/checks/unused_keys.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { handrail } from "../cli/run_cli.ts";
import { ANY_PORT, recordPickCube, STATE_PRESET } from "./support.ts";

let root: string;
let demonstrations: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "handrail-doctor-"));
  demonstrations = join(root, "demonstrations");
  await recordPickCube(demonstrations);
});
afterAll(() => rm(root, { recursive: true }));

/** SAC on the demonstrations, without what only actors use. */
const QUIET = [
  ...["policy.online_steps=1000000", "policy.online_step_before_learning=100", "policy.online_buffer_capacity=100000"],
  ...["policy.offline_buffer_capacity=100000", "handrail.pacing=real_time", "handrail.operator.type=none"],
  ...["handrail.updates_per_step.min=null", "handrail.updates_per_step.max=null", "handrail.deterministic_episodes=0"],
  ...["handrail.solved=null", "handrail.demonstrations.episodes=0", "steps=3000", "save_freq=1000", "log_freq=100"],
  "batch_size=16",
].map((value) => `--${value}`);
const dataset = () => ["--dataset.repo_id=demonstrations", `--dataset.root=${demonstrations}`];

async function problems(...overrides: string[]): Promise<Record<string, Finding>> {
  const options = { offline: true, overrides: [...QUIET, ...dataset(), `--output_dir=${root}/run`, ...overrides] };
  const { findings } = await runDoctor(STATE_PRESET, options);
  return Object.fromEntries(findings.filter(({ level }) => level !== "ok").map((each) => [each.check, each]));
}

it("passes a sound config, and looks neither for a network nor for replay buffers", async () => {
  const actorsOnly = await problems();
  expect(Object.keys(actorsOnly).filter((name) => name !== "unused keys")).toEqual([]);
  const { findings } = await runDoctor(STATE_PRESET, { offline: true, overrides: [...QUIET, ...dataset()] });
  const said = Object.fromEntries(findings.map(({ check, what }) => [check, what]));
  expect(said.batches).toMatch(/^\d+ steps give every row that the algorithm asks for, each about \d+ times$/);
  expect(said.memory).toMatch(/^the dataset takes about 0\.00 GiB of/);
  expect(Object.keys(said)).not.toContain("network");
  // Nothing plays in it.
  expect(Object.keys(said)).not.toContain("environment");
});

describe("the doctor objects to", () => {
  it("a dataset that cannot give what the algorithm asks for", async () => {
    const bare = join(root, "bare");
    const numbers = (length: number) => ({ dtype: "float32" as const, shape: [length], names: null });
    const sizes = { "observation.state": 18, "observation.environment_state": 3, action: 4 };
    const features = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, numbers(size)]));
    const writer = await DatasetWriter.create({ root: bare, fps: 10, features });
    const frame = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, new Float32Array(size)]));
    for (let step = 0; step < 300; step++) await writer.addFrame(frame, "lift");
    await writer.saveEpisode();
    await writer.close();
    const found = await problems("--dataset.repo_id=bare", `--dataset.root=${bare}`);
    expect(found.batches).toMatchObject({
      level: "error",
      what: 'algorithm "sac" cannot learn from the dataset bare; missing: rewards ("next.reward")',
    });
    expect(found.dataset?.what ?? "").not.toContain("next.reward");
  });

  it.each([
    ["steps is 1, and batch_size 4", "--steps=1", "--batch_size=4", "--save_freq=1", "--log_freq=1"],
    ["batch_size is 4096, and the dataset has", "--batch_size=4096"],
  ])("amounts that cannot be meant: %s", async (what, ...overrides) => {
    expect((await problems(...overrides)).batches).toMatchObject({
      level: "warning",
      what: expect.stringContaining(what),
    });
  });

  it("a dataset that is not there", async () => {
    const { dataset: found } = await problems("--dataset.repo_id=gone", `--dataset.root=${root}/gone`);
    expect(found).toMatchObject({ level: "error", what: expect.stringContaining("there is no dataset in") });
  });

  it("keys that only actors use, and with actors those that only a run without them uses", async () => {
    const found = await problems("--online_ratio=0.25", "--handrail.watchdog.behaviour=continue");
    expect(found["unused keys"]!.what).toMatch(/^no effect without actors: .*online_ratio.*handrail\.watchdog/);
    const { findings } = await runDoctor(STATE_PRESET, { overrides: ["--steps=5", ANY_PORT] });
    expect(findings).toContainEqual(
      expect.objectContaining({ check: "unused keys", what: "no effect with actors: steps" }),
    );
    const paths = configKeys().map(({ path }) => path.replaceAll(/\(\w+\)\./g, ""));
    expect(paths).toEqual(expect.arrayContaining([...ONLY_WITH_ACTORS, ...ONLY_WITHOUT_ACTORS]));
  });

  it("an environment that is to be played in and cannot be", async () => {
    const found = await problems("--env_eval_freq=100", "--env.task=PandaNowhere-v0");
    expect(found.environment).toMatchObject({ level: "error", what: expect.stringContaining("PandaNowhere-v0") });
  });
});

describe("settings without actors", () => {
  const load = (...overrides: string[]) => loadTrainingConfig("pick_cube", { overrides: [...QUIET, ...overrides] });

  it("need something to learn from", async () => {
    const config = await load();
    expect(() => requireSoundSettings(config, { offline: true })).toThrow("dataset is null: without actors");
  });

  it.each([
    ["save_freq is 5000, and the run makes at most 3000 updates", "--save_freq=5000"],
    ["log_freq is 5000, and the run makes at most 3000 updates", "--log_freq=5000"],
    ["handrail.solved is set, and env_eval_freq is 0", '--handrail.solved={"success_rate":0.9}'],
    [
      "env_eval_freq is 100. The run trains without evaluations: the config has no env",
      "--env_eval_freq=100",
      "--env=null",
    ],
    ["handrail.weight_average is 0.99999", "--handrail.weight_average=0.99999"],
  ])("may well be a mistake: %s", async (warning, ...overrides) => {
    const found = checkSettings(await load("--dataset.repo_id=a/b", ...overrides), { offline: true });
    expect(found).toEqual({ errors: [], warnings: [expect.stringContaining(warning)] });
  });

  it("are not measured by what only actors do", async () => {
    const actors = ["--policy.online_step_before_learning=2000000", "--policy.online_buffer_capacity=1"];
    const config = await load("--dataset.repo_id=a/b", ...actors);
    expect(checkSettings(config, { offline: true })).toEqual({ errors: [], warnings: [] });
    expect(checkSettings(config).errors).toHaveLength(2);
  });
});

it("handrail doctor --offline passes the example of behaviour cloning", async () => {
  const plugin = ["--plugin", "./examples/behavior_cloning.ts"];
  const config = ["--config", "examples/behavior_cloning.json", ...plugin, `--output_dir=${root}/clone`];
  const checked = await handrail("doctor", "--offline", ...config);
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.output).toContain("no problems found");
  const cloned = await handrail("doctor", "--offline", ...config, ...dataset(), "--batch_size=16");
  expect(cloned.output).toMatch(/✓ batches +\d+ steps give every row/);
});
