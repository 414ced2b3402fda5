/** An emergency stop during a slow reset, in everything that moves a robot. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type Dashboard,
  DashboardHooks,
  type DashboardRun,
  EvaluationSession,
  RecordingSession,
  startDashboard,
  trainingRun,
} from "../../src/dashboard/index.ts";
import { DatasetRecorder } from "../../src/datasets/writing/dataset_recorder.ts";
import type { BoxSpace, Env, ObservationSpace, ResetOptions } from "../../src/envs/env.ts";
import { processSimulation } from "../../src/envs/gym_manipulator/pipelines.ts";
import { registerEnv } from "../../src/envs/index.ts";
import type { ConfiguredEnv } from "../../src/envs/processed_env.ts";
import { RunEvents } from "../../src/metrics/index.ts";
import { makePrePostProcessors } from "../../src/policies/registry.ts";
import { StopSwitch } from "../../src/rollout/control/stop_switch.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import { recordDemonstrations } from "../../src/rollout/recording/record_demonstrations.ts";
import { recordingFeatures } from "../../src/rollout/recording/recording.ts";
import { replayEpisode } from "../../src/rollout/replay_episode.ts";
import { TrainingRun } from "../../src/runs/training_run/training_run.ts";
import { otherPolicy, rig, smallConfig } from "../actor/acting.ts";
import { PATIENT, until } from "../until.ts";
import { PageSocket } from "./page_socket.ts";

/** An arm whose reset takes a minute. The shapes are those of the simulated Panda. */
class SlowArm implements Env {
  readonly id = "SlowArm-v0";
  readonly observationSpace: ObservationSpace = {
    agent_pos: { type: "box", dtype: "float32", shape: [18], low: -1, high: 1 },
    environment_state: { type: "box", dtype: "float32", shape: [3], low: -1, high: 1 },
  };
  readonly actionSpace: BoxSpace = { type: "box", dtype: "float32", shape: [4], low: -1, high: 1 };
  readonly controlFrequencyHz = 10;
  resets = 0;
  holds = 0;
  isMoving = false;

  async reset({ signal }: ResetOptions = {}): Promise<never> {
    this.resets += 1;
    this.isMoving = true;
    try {
      await sleep(60_000, undefined, { signal });
      throw new Error("the reset was not stopped");
    } finally {
      this.isMoving = false;
    }
  }

  async step(): Promise<never> {
    throw new Error("a reset of this arm never finishes");
  }

  hold(): void {
    this.holds += 1;
  }

  async close(): Promise<void> {}
}

let folder: string;
let arm: SlowArm;
let processedEnv: ConfiguredEnv;
let dashboard: Dashboard | undefined;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-stop-"));
  arm = new SlowArm();
  processedEnv = processSimulation(arm);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await dashboard?.close();
  dashboard = undefined;
  await rm(folder, { recursive: true, force: true });
});

const open = async (run: DashboardRun) => {
  dashboard = await startDashboard({ run, port: 0, inputTimeoutMs: PATIENT.timeout });
};
const post = () => fetch(`http://127.0.0.1:${dashboard!.port}/stop?name=Ada`, { method: "POST" });
const recorderOf = () =>
  DatasetRecorder.create({
    root: join(folder, "demonstrations"),
    fps: 10,
    features: recordingFeatures(processedEnv, "image"),
  });
/** Runs until the end of the test. */
function inBackground(work: (signal: AbortSignal) => Promise<unknown>): void {
  const ending = new AbortController();
  const working = work(ending.signal).catch(() => {});
  closing.push(async () => {
    ending.abort(new Error("the test is over"));
    await working;
  });
}

/** Expects that POST /stop ends a reset immediately and that nothing moves until a page releases the stop. */
async function expectStopEndsReset(moving: () => SlowArm = () => arm): Promise<void> {
  await until(() => moving().isMoving, "the reset has begun");
  expect(await (await post()).json()).toEqual({ stopped: true });
  await until(() => !moving().isMoving, "the reset has ended");
  expect(moving()).toMatchObject({ resets: 1, holds: 1 });
  await sleep(200);
  expect(moving().resets, "the robot stays stopped").toBe(1);

  const page = await PageSocket.open(dashboard!.port);
  page.send({ type: "take_control" });
  await page.until("control", ({ control }) => control.holder !== null);
  page.send({ type: "release_stop" });
  await until(() => moving().resets === 2, "the reset starts again");
  await page.close();
}

test("an actor's reset", async () => {
  const hooks = new DashboardHooks();
  const made = await rig({
    processedEnv,
    teleoperators: hooks.teleoperatorsFor(processedEnv),
    observers: hooks.observers,
  });
  const { actor, pace, operator } = made;
  const events = new RunEvents();
  const config = await smallConfig();
  await open(trainingRun({ hooks, config, events, made: { actor, processedEnv, operator, pace } }));
  const acting = actor.run();
  closing.push(async () => {
    await made.stop();
    await acting;
  });
  await expectStopEndsReset();
});

test("a reset between a run's own demonstrations", async () => {
  const hooks = new DashboardHooks();
  const recorder = await recorderOf();
  closing.push(() => recorder.close());
  await open(hooks.preparation({ config: await smallConfig(), events: new RunEvents(), processedEnv }));
  inBackground((signal) =>
    recordDemonstrations({
      processedEnv,
      recorder,
      episodes: 1,
      task: "wait",
      teleoperators: [],
      signal,
      ...hooks.demonstrating,
    }),
  );
  await expectStopEndsReset();
});

test("a reset while a person records", async () => {
  const session = new RecordingSession({
    name: "demos",
    processedEnv,
    events: new RunEvents(),
    controlFrequencyHz: 10,
  });
  const recorder = await recorderOf();
  closing.push(() => recorder.close());
  await open(session.run);
  inBackground((signal) =>
    recordDemonstrations({ processedEnv, recorder, episodes: 1, task: "wait", signal, ...session.recording }),
  );
  await expectStopEndsReset();
});

test("a reset in `handrail eval --dashboard`", async () => {
  const events = new RunEvents();
  const session = new EvaluationSession({ name: "eval", processedEnv, events, controlFrequencyHz: 10, episodes: 1 });
  const config = await smallConfig();
  const policy = otherPolicy(config, 1);
  const processors = makePrePostProcessors(config.policy);
  closing.push(() => policy.dispose());
  await open(session.run);
  inBackground((signal) =>
    evaluatePolicy({ processedEnv, policy, processors, episodes: 1, seed: 0, signal, ...session.evaluation }),
  );
  await expectStopEndsReset();
});

test("a reset in an evaluation of a training run", async () => {
  const arms: SlowArm[] = [];
  registerEnv("SlowArm-v0", async () => {
    arms.push(new SlowArm());
    return arms.at(-1)!;
  });
  const config = await smallConfig([
    ...["--env.task=SlowArm-v0", "--handrail.demonstrations.episodes=0", `--output_dir=${join(folder, "run")}`],
    // One environment: several would run in threads, in which this type is not registered.
    ...["--handrail.environment={}", "--eval.n_episodes=1"],
  ]);
  const hooks = new DashboardHooks();
  const events = new RunEvents();
  const ending = new AbortController();
  const run = await TrainingRun.start({ config, events, signal: ending.signal });
  await open(trainingRun({ hooks, config, events, made: run.made }));
  const evaluating = run.evaluate().catch(() => {});
  closing.push(async () => {
    ending.abort(new Error("the test is over"));
    await evaluating;
    await run.run();
  });
  await until(() => arms.length === 2, "the evaluation's own environment");
  await expectStopEndsReset(() => arms[1]!);
});

test("a replay's reset: the stop ends the replay", async () => {
  const stopSwitch = new StopSwitch();
  const dataset = {
    episode: () => ({ length: 3 }),
    features: { action: { dtype: "float32", shape: [4] } },
    frames: async function* () {},
    episodeStarts: async () => undefined,
  };
  const replaying = replayEpisode({ dataset: dataset as never, processedEnv, episode: 0, stopSwitch });
  await until(() => arm.isMoving, "the reset has begun");
  stopSwitch.hold();
  expect(await replaying).toMatchObject({ frames: 3, steps: 0 });
  expect(arm).toMatchObject({ resets: 1, holds: 1, isMoving: false });
});
