/**
 * Simulates a tab that stays open for twelve hours: this process's clock runs fast, and the poses, images and events of a run
 * at 10 Hz go through the real server and the real protocol into the real page. After every simulated hour each view has been
 * opened once, and the page's memory is measured.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";
import { DashboardHooks, type DashboardRun, startDashboard } from "../../src/dashboard/index.ts";
import { POSE_SIZE, type SceneSource } from "../../src/envs/index.ts";
import { type EvaluationReport, RunEvents } from "../../src/metrics/index.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { Tensor } from "../../src/tensor/index.ts";
import type { Row } from "../measure.ts";

const CONTROL_HZ = 10;
const STEPS_PER_HOUR = 3600 * CONTROL_HZ;
const EPISODE_STEPS = 80;
/** Simulated seconds per second. */
const SPEED = 150;
const BATCH_STEPS = 15;
const VIEWS = ["learning", "episodes", "run", "live"] as const;
const IMAGE = new Tensor("uint8", [32, 32, 3], new Uint8Array(32 * 32 * 3));
const ACTION = new Float32Array(4);
const EXPERIENCE = {
  observation: {},
  action: ACTION,
  reward: 0,
  nextObservation: {},
  terminated: false,
  truncated: false,
};
const GROWTH_FROM_HOUR = 2;

interface Memory {
  readonly heapMB: number;
  readonly nodes: number;
  readonly listeners: number;
}

export async function longRunRows(browser: Browser, hours: number): Promise<Row[]> {
  const restoreClock = runClockFast();
  const folder = mkdtempSync(join(tmpdir(), "handrail-long-run-"));
  const feed = new Feed(await recordedScene());
  const dashboard = await startDashboard({ run: feed.run(folder), port: 0 });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(dashboard.url);
    await page.locator("#stage canvas").waitFor();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    const memory: Memory[] = [];
    for (let hour = 1; hour <= hours; hour++) {
      await feed.steps(STEPS_PER_HOUR);
      await hasHeardOf(page, feed.step);
      for (const view of VIEWS) await open(page, view);
      memory.push(await measure(devtools));
      const { heapMB, nodes, listeners } = memory.at(-1)!;
      console.log(`hour ${hour}: ${heapMB.toFixed(2)} MB, ${nodes} nodes, ${listeners} listeners`);
    }
    return rows(memory, feed.step);
  } finally {
    await dashboard.close();
    rmSync(folder, { recursive: true, force: true });
    restoreClock();
  }
}

/** Makes the server's interval clock run `SPEED` times as fast. */
function runClockFast(): () => void {
  const { now } = performance;
  performance.now = () => SPEED * now.call(performance);
  return () => {
    performance.now = now;
  };
}

/** An episode of the simulated arm, shown repeatedly: simulating twelve hours would take too long. */
async function recordedScene(): Promise<SceneSource> {
  const { env, display } = await makeProcessedEnv(await loadTrainingConfig("configs/pick_cube.json"));
  if (!display) throw new Error("the environment offers no scene");
  await env.reset({ seed: 0 });
  const frames: Float32Array[] = [];
  for (let step = 0; step < EPISODE_STEPS; step++) {
    await env.step(Float32Array.of(Math.sin(step / 8), Math.cos(step / 5), -0.2, 1));
    const poses = new Float32Array(display.description.bodies * POSE_SIZE);
    display.readPoses(poses);
    frames.push(poses);
  }
  const { description } = display;
  await env.close();
  let shown = 0;
  return { description, readPoses: (out) => out.set(frames[shown++ % frames.length]!) };
}

/** The messages of a run's actor and learner to the dashboard. */
class Feed {
  step = 0;
  readonly #hooks = new DashboardHooks();
  readonly #events = new RunEvents();
  readonly #scene: SceneSource;
  #episode = 0;

  constructor(scene: SceneSource) {
    this.#scene = scene;
  }

  run(folder: string): DashboardRun {
    return {
      name: "twelve hours",
      mode: "live",
      config: {},
      history: [],
      folder,
      controlFrequencyHz: CONTROL_HZ,
      events: this.#events,
      scene: this.#scene,
      actions: {},
      watched: { observer: this.#hooks.live, actor: "actor" },
    };
  }

  async steps(count: number): Promise<void> {
    const start = performance.now();
    for (let fed = 0; fed < count; ) {
      for (let i = 0; i < BATCH_STEPS; i++, fed++) this.#feedStep();
      const dueMs = start + (1000 * fed) / CONTROL_HZ;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now()) / SPEED));
    }
  }

  #feedStep(): void {
    const episodeStep = (this.step++ % EPISODE_STEPS) + 1;
    const { live } = this.#hooks;
    if (episodeStep === 1) live.onEpisodeStart({ episode: ++this.#episode, observation: {} });
    const isIntervention = episodeStep % 20 < 6;
    const common = { interaction_step: this.step };
    live.onStep({
      episode: this.#episode,
      episodeStep,
      interactionStep: this.step,
      reward: 0,
      successProbability: null,
      isIntervention,
      steeredBy: isIntervention ? "dashboard" : null,
      observation: {},
      policyAction: ACTION,
      action: ACTION,
      info: {},
      experience: EXPERIENCE,
      nextObservation: { "observation.images.front": IMAGE },
      terminated: false,
      truncated: false,
    });
    if (episodeStep === EPISODE_STEPS) this.#endEpisode();
    if (this.step % CONTROL_HZ === 0) this.#reportSecond();
    if (this.step % (STEPS_PER_HOUR / 4) === 0) {
      this.#events.emit({ ...common, type: "evaluation", report: REPORT });
      this.#events.emit({ ...common, type: "checkpoint", step: this.step, folder: "checkpoints/1", duration_s: 1 });
      this.#events.emit({ ...common, type: "action", by: "person", name: "label_success", detail: { page: "Ada" } });
    }
  }

  #endEpisode(): void {
    const [length, interventionSteps] = [EPISODE_STEPS, 24];
    const outcome = this.#episode % 3 === 0 ? "failure" : "success";
    const end = {
      episode: this.#episode,
      outcome,
      length,
      interventionSteps,
      interventions: [[0, interventionSteps]] as [number, number][],
      episodicReturn: 1,
      durationS: 8,
    } as const;
    this.#hooks.live.onEpisodeEnd(end);
    this.#events.emit({
      type: "episode",
      interaction_step: this.step,
      actor: "actor",
      episode: this.#episode,
      outcome,
      episodic_return: 1,
      episode_length: length,
      intervention_steps: interventionSteps,
      duration_s: 8,
    });
  }

  /** Once per second, like actor, learner and algorithm. */
  #reportSecond(): void {
    const [step, wave] = [8 * this.step, Math.sin(this.step / 1e4)];
    const common = { interaction_step: this.step };
    this.#events.emit({
      ...common,
      type: "actor",
      actor: "actor",
      state: "running",
      control_frequency_hz: CONTROL_HZ,
      control_jitter_p50_ms: 0.2,
      control_jitter_p99_ms: 2,
      policy_p50_ms: 0.3,
      policy_p99_ms: 1,
      parameters_version: step,
      parameters_age_s: 1,
      connected: true,
      outbox_records: 0,
      outbox_bytes: 0,
    });
    this.#events.emit({
      ...common,
      type: "learner",
      step,
      state: "training",
      updates_per_s: 80,
      updates_per_step: 8,
      online_size: this.step,
      offline_size: 1000,
      queue_records: 0,
      parameters_version: step,
      actors_connected: 1,
    });
    const losses = { loss_critic: wave, loss_discrete_critic: wave, loss_actor: -wave };
    const others = { q_mean: wave, entropy: -wave, temperature: 0.01 + 0.001 * wave };
    this.#events.emit({ ...common, type: "training", step, metrics: { ...losses, ...others } });
  }
}

const REPORT: EvaluationReport = {
  episodes: 20,
  successes: 18,
  assisted_successes: 0,
  success_rate: 0.9,
  success_interval: [0.7, 0.97],
  mean_return: 0.9,
  mean_success_length: 40,
  cycle_time_s: 4,
  operator_share: 0,
  seed: 0,
  deterministic: true,
  weights_sha256: "0".repeat(64),
  step: 1,
  returns: Array(20).fill(1),
  lengths: Array(20).fill(40),
};

/** The page has processed everything once its bar shows this step. */
async function hasHeardOf(page: Page, step: number): Promise<void> {
  const shown = `${step.toLocaleString("en")} steps`;
  await page.locator(".progress").getByText(shown).waitFor({ timeout: 120_000 });
}

async function open(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = "#/${view}"`);
  await page.locator(`main.view-${view}`).waitFor();
}

async function measure(devtools: CDPSession): Promise<Memory> {
  await devtools.send("HeapProfiler.collectGarbage");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const value = (name: string) => metrics.find((metric) => metric.name === name)!.value;
  return { heapMB: value("JSHeapUsedSize") / 1e6, nodes: value("Nodes"), listeners: value("JSEventListeners") };
}

function rows(memory: readonly Memory[], steps: number): Row[] {
  const first = memory[Math.min(GROWTH_FROM_HOUR, memory.length) - 1]!;
  const last = memory.at(-1)!;
  const detail = `${steps.toLocaleString("en")} steps; hours 1 to ${memory.length}: `;
  const all = (key: keyof Memory) => memory.map((hour) => Number(hour[key].toPrecision(4))).join(" ");
  return [
    {
      name: `tab: JavaScript heap after ${memory.length} hours, against hour ${GROWTH_FROM_HOUR}`,
      unit: "",
      value: last.heapMB / first.heapMB,
      target: "≤ 1.1",
      detail: `${detail}${all("heapMB")} MB`,
    },
    {
      name: `tab: DOM nodes after ${memory.length} hours, against hour ${GROWTH_FROM_HOUR}`,
      unit: "",
      value: last.nodes / first.nodes,
      target: "≤ 1.1",
      detail: `${detail}${all("nodes")}`,
    },
    {
      name: `tab: event listeners after ${memory.length} hours, against hour ${GROWTH_FROM_HOUR}`,
      unit: "",
      value: last.listeners / first.listeners,
      target: "≤ 1.1",
      detail: `${detail}${all("listeners")}`,
    },
  ];
}
