/** `policy.push_to_hub`: uploads at the end of a run in one process, and of a standalone learner. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type RunEvent, RunEvents } from "../../src/metrics/index.ts";
import { runLearner } from "../../src/runs/run_learner.ts";
import { runRemoteActor } from "../../src/runs/run_remote_actor.ts";
import { TrainingRun } from "../../src/runs/training_run/training_run.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { HubServer } from "../hub/hub_server.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { freePort } from "../transport/free_port.ts";

const SMALL = [
  ...SMALL_NETWORKS,
  ...["--handrail.demonstrations.episodes=0", "--handrail.operator.type=none", "--handrail.solved=null"],
  ...["--handrail.pacing=as_fast_as_possible", "--handrail.updates_per_step={min: null, max: 1}", "--batch_size=4"],
  ...["--policy.online_step_before_learning=10", "--policy.online_steps=30", "--eval.n_episodes=1"],
  ...["--env.processor.reset.control_time_s=1"],
];
const PUSHED = ["--policy.push_to_hub=true", "--policy.repo_id=robots/cube", "--policy.private=true"];

let folder: string;
let hub: HubServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-upload-"));
  hub = await HubServer.start();
  vi.stubEnv("HF_ENDPOINT", hub.url);
  vi.stubEnv("HF_TOKEN", "hf_writer");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
  await rm(folder, { recursive: true });
});

const load = (overrides: readonly string[]) =>
  loadTrainingConfig("configs/pick_cube.json", {
    overrides: [...SMALL, `--output_dir=${join(folder, "run")}`, ...overrides],
  });

async function train(overrides: readonly string[], signal?: AbortSignal) {
  const events = new RunEvents();
  const log: RunEvent[] = [];
  events.subscribe((event) => log.push(event));
  const run = await TrainingRun.start({ config: await load(overrides), events, ...(signal && { signal }) });
  const outcome = await run.run();
  return { outcome, notices: log.flatMap((event) => (event.type === "notice" ? [event] : [])) };
}

test("a run that has all its steps uploads its policy with its card, to a repository as private as the config says", async () => {
  const { outcome, notices } = await train(PUSHED);
  expect(outcome.reason).toBe("steps");
  const files = Object.keys(hub.files("robots/cube"));
  expect(files).toEqual(expect.arrayContaining(["README.md", "config.json", "model.safetensors", "train_config.json"]));
  expect(hub.isPrivate("robots/cube")).toBe(true);
  const message = expect.stringContaining(`${hub.url}/robots/cube/commit/`);
  expect(notices.at(-1)).toMatchObject({ level: "info", message });
});

test("a run that is not asked to, or that is stopped, sends nothing", async () => {
  await train(["--policy.repo_id=robots/cube"]);
  await train([...PUSHED, `--output_dir=${join(folder, "stopped")}`], AbortSignal.abort());
  expect(hub.requests).toEqual([]);
});

test("a Hub that is away at the end costs a warning that names the folder, not the run", async () => {
  const config = await load(PUSHED);
  await hub.stop();
  const { outcome, notices } = await train(PUSHED);
  expect(outcome).toMatchObject({ reason: "steps" });
  const message = expect.stringContaining(`it is in ${join(config.output_dir!, "policy")}: `);
  expect(notices.at(-1)).toMatchObject({ level: "warn", message });
});

test.each([
  ["repository", ["--policy.push_to_hub=true"], "policy.repo_id names no repository"],
  ["checkpoints", [...PUSHED, "--save_checkpoint=false"], "save_checkpoint is false"],
])("without %s an upload is refused before anything begins", async (_, overrides, message) => {
  await expect(runLearner({ config: await load(overrides) })).rejects.toThrow(message);
  await expect(train(overrides)).rejects.toThrow(/save_checkpoint is false|policy.repo_id names no repository/);
});

test("without a token an upload is refused before anything begins", async () => {
  vi.stubEnv("HF_TOKEN", "");
  await expect(train(PUSHED)).rejects.toThrow('no access token for an upload to "robots/cube": set HF_TOKEN');
  await expect(runLearner({ config: await load(PUSHED) })).rejects.toThrow("set HF_TOKEN");
});

test("a standalone learner uploads, too", async () => {
  const config = await load([...PUSHED, `--policy.actor_learner_config.learner_port=${await freePort()}`]);
  const learning = runLearner({ config });
  await runRemoteActor({ config: { ...config, output_dir: join(folder, "actor") }, events: new RunEvents() });
  expect(await learning).toBe("steps");
  expect(Object.keys(hub.files("robots/cube"))).toContain("model.safetensors");
});
