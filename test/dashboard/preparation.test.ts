/** Pages during a run's own demonstrations, and their switch to the run nextRun. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DashboardHooks } from "../../src/dashboard/index.ts";
import { type Dashboard, startDashboard } from "../../src/dashboard/server/start_dashboard.ts";
import { RunEvents } from "../../src/metrics/index.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { recordRunDemonstrations } from "../../src/runs/training_run/record_run_demonstrations.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { Random } from "../../src/tensor/random.ts";
import { PATIENT, until } from "../until.ts";
import { BareRun } from "./bare_run.ts";
import { PageSocket } from "./page_socket.ts";

let folder: string;
let env: ConfiguredEnv;
let dashboard: Dashboard | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-preparation-"));
});
afterEach(async () => {
  await dashboard?.close();
  await env?.env.close();
  await rm(folder, { recursive: true, force: true });
});

test("demonstrations can be watched and stopped; then the pages switch to the run", async () => {
  const overrides = ["--handrail.demonstrations.episodes=2", `--output_dir=${folder}`];
  const config = await loadTrainingConfig("configs/pick_cube.json", { overrides });
  env = await makeProcessedEnv(config);
  const hooks = new DashboardHooks();
  const events = new RunEvents();
  const run = hooks.preparation({ config, events, processedEnv: env });
  dashboard = await startDashboard({ run, port: 0, webFolder: folder, inputTimeoutMs: PATIENT.timeout });
  const page = await PageSocket.open(dashboard.port);
  expect(await page.next("welcome")).toMatchObject({
    run_name: "pick_cube",
    capabilities: ["stop"],
    recordings: [],
    plan: { task: "pick up the cube" },
    progress: { phase: "demonstrations", done: 0, of: 2 },
  });
  const stop = async (sequence: number) => {
    page.send({ type: "stop", sequence });
    await page.until("stop_confirmed", (confirmed) => confirmed.sequence === sequence);
  };
  await stop(1);
  const made: number[] = [];
  const recording = recordRunDemonstrations({
    config,
    folder,
    env,
    random: new Random(1),
    watch: async () => hooks.demonstrating,
    onEpisode: (done, total) => {
      made.push(done);
      hooks.status.setDemonstrations(done, total);
    },
  });
  const beats = () => page.messages.filter(({ type }) => type === "heartbeat").length;
  const before = beats();
  await until(() => beats() > before + 5, "heartbeats");
  expect(made).toEqual([]);
  await page.drive();
  page.send({ type: "release_stop" });
  await page.until("stop", ({ stop: { active } }) => !active);
  await page.until("driver", ({ driver }) => driver.kind === "operator");
  await page.until("progress", ({ progress }) => progress.phase === "demonstrations" && progress.done === 1);
  await recording;
  expect(page.frames.length).toBeGreaterThan(0);

  const nextRun = new BareRun();
  await stop(2);
  await dashboard.switchTo(nextRun);
  const welcome = await page.until("welcome", ({ run_name }) => run_name === "bare");
  expect(welcome).toMatchObject({ control: { holder: { name: "Ada" } }, stop: { active: true, by: "Ada" } });
  expect(welcome.traces).toEqual([]);
  expect(nextRun.done).toEqual(["hold"]);
  page.send({ type: "release_stop" });
  page.send({ type: "command", id: 1, command: { name: "pause_learner" } });
  await page.next("result");
  expect(nextRun.done).toEqual(["hold", "release", "pause learner"]);
});
