/** Messages about the run besides its events: plan, progress, driver, heartbeat. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HEARTBEAT_TIMEOUT_MS } from "../../src/dashboard/limits.ts";
import type { Plan } from "../../src/dashboard/run_state.ts";
import { RunStatus } from "../../src/dashboard/server/runs/run_status.ts";
import { type Dashboard, startDashboard } from "../../src/dashboard/server/start_dashboard.ts";
import { Pace } from "../../src/rollout/index.ts";
import { PATIENT } from "../until.ts";
import { BareRun } from "./bare_run.ts";
import { PageSocket } from "./page_socket.ts";

const PLAN: Plan = {
  task: "pick up the cube",
  goal: { success_rate: 0.95, episodes: 100 },
  max_steps: 1000,
  warm_up_steps: 100,
  learns: true,
  demonstrations: 30,
  fps: 10,
  environment: "simulation",
};

let webFolder: string;
let run: BareRun;
let status: RunStatus;
let pace: Pace;
let dashboard: Dashboard;

beforeEach(async () => {
  webFolder = mkdtempSync(join(tmpdir(), "handrail-web-"));
  run = new BareRun();
  status = new RunStatus(PLAN);
  status.follow(run.events, run.history);
  pace = new Pace({ robotHz: 10, alwaysReal: false });
  const watched = { ...run, actions: { ...run.actions, pace }, status };
  dashboard = await startDashboard({ run: watched, port: 0, webFolder });
});
afterEach(async () => {
  await dashboard.close();
  await rm(webFolder, { recursive: true, force: true });
});

test("the phase of an actor in its own process is “acting” at every step", () => {
  const alone = new RunStatus({ ...PLAN, learns: false });
  expect(alone.progress).toMatchObject({ phase: "acting", done: 0, of: 1000 });
});

test("the page of a learner in its own process has no live view, no steering and no stop", async () => {
  const { name, config, events, history, actions } = run;
  const learner = { learner: actions.learner! };
  await dashboard.switchTo({ name, mode: "live", config, events, history, actions: learner });
  const page = await PageSocket.open(dashboard.port);
  expect(await page.next("welcome")).toMatchObject({ views: ["learning", "run"], capabilities: ["learner"] });
  const stop = await fetch(`http://127.0.0.1:${dashboard.port}/stop`, { method: "POST" });
  expect(await stop.json()).toEqual({ stopped: false });
});

test("without a robot there is no control, and every page may send commands", async () => {
  const { name, config, events, history, actions } = run;
  await dashboard.switchTo({ name, mode: "live", config, events, history, actions: { learner: actions.learner! } });
  const page = await PageSocket.open(dashboard.port);
  page.send({ type: "take_control" });
  await page.until("refused", ({ message }) => message === "This run has no robot to control.");
  page.send({ type: "command", id: 1, command: { name: "pause_learner" } });
  await page.until("result", ({ ok, id }) => ok && id === 1);
  page.send({ type: "command", id: 2, command: { name: "pause_actor" } });
  await page.until("result", ({ ok, id }) => !ok && id === 2);
  page.send({ type: "label", label: "success" });
  await page.until("refused", ({ message }) => message === "Take control first.");
  expect(run.done).toEqual(["pause learner"]);
  expect(run.loggedActions).toEqual(["pause_learner"]);
});

test("a page receives the run's plan, progress and result", async () => {
  const page = await PageSocket.open(dashboard.port);
  const welcome = await page.next("welcome");
  expect(welcome).toMatchObject({
    plan: PLAN,
    finished: null,
    evaluations: [],
    driver: { kind: "policy", name: null },
  });
  expect(welcome.views).toEqual(["live", "learning", "episodes", "run"]);
  expect(welcome.progress).toMatchObject({ phase: "warm_up", done: 0, of: 100 });
  run.events.emit({ type: "notice", level: "info", source: "test", message: "a notice", interaction_step: 250 });
  await page.until("progress", ({ progress }) => progress.phase === "learning" && progress.done === 250);
  status.setEvaluation({ episode: 12, of: 100, successes: 9, policy_step: 77 });
  const evaluating = await page.until("progress", ({ progress }) => progress.phase === "evaluating");
  expect(evaluating.progress).toMatchObject({ done: 12, of: 100, evaluation: { successes: 9, policy_step: 77 } });
  status.setOutputs({ policy: "outputs/cube/policy", next: [{ label: "Evaluate", command: "handrail eval" }] });
  run.events.emit({ type: "run_finished", reason: "solved", message: "Solved.", interaction_step: 300 });
  const { finished } = await page.next("finished");
  expect(finished).toMatchObject({ outcome: "solved", policy: "outputs/cube/policy", next: [{ label: "Evaluate" }] });
  const late = await PageSocket.open(dashboard.port, "Bo");
  expect((await late.next("welcome")).finished).toEqual(finished);
});

test("the server sends heartbeats while nothing happens", async () => {
  const page = await PageSocket.open(dashboard.port);
  const beats = () => page.messages.filter(({ type }) => type === "heartbeat").length;
  await page.next("heartbeat");
  const before = beats();
  const startMs = performance.now();
  await vi.waitFor(() => expect(beats() - before).toBeGreaterThanOrEqual(5), PATIENT);
  expect((performance.now() - startMs) / 5).toBeLessThan(HEARTBEAT_TIMEOUT_MS);
});

test("a stop is confirmed with its sequence, also before hello", async () => {
  const page = await PageSocket.open(dashboard.port);
  page.send({ type: "stop", sequence: 7 });
  expect(await page.next("stop_confirmed")).toMatchObject({ sequence: 7 });
  expect((await page.until("stop", ({ stop }) => stop.active)).stop).toMatchObject({ reason: "person", by: "Ada" });
  const unjoined = new PageSocket(dashboard.port);
  await vi.waitFor(() => expect(unjoined.socket.readyState).toBe(unjoined.socket.OPEN), PATIENT);
  unjoined.send({ type: "stop", sequence: 0 });
  expect(await unjoined.next("stop_confirmed")).toMatchObject({ sequence: 0 });
  expect(run.done).toEqual(["hold", "hold"]);
});

test("the user's name is one printable line and can be changed", async () => {
  const page = await PageSocket.open(dashboard.port, "Ada\u001b[2J\n");
  await page.drive();
  await page.until("control", ({ control }) => control.holder?.name === "Ada [2J");
  page.send({ type: "rename", name: "Grace" });
  await page.until("control", ({ control }) => control.holder?.name === "Grace");
});

test("a run with a person in control has the speed that this person selects, real time by default", async () => {
  const page = await PageSocket.open(dashboard.port);
  expect((await page.next("welcome")).pacing).toEqual({ mode: "as_fast_as_possible", speed: 1 });
  page.send({ type: "command", id: 1, command: { name: "set_speed", speed: 2 } });
  await page.until("refused", ({ message }) => message === "Take control first.");
  await page.drive();
  await page.until("settings", ({ pacing }) => pacing?.mode === "real_time");
  expect(pace.frequencyHz).toBe(10);
  page.send({ type: "command", id: 2, command: { name: "set_speed", speed: 2 } });
  await page.until("settings", ({ pacing }) => pacing?.speed === 2);
  expect(pace.frequencyHz).toBe(20);
  page.send({ type: "command", id: 3, command: { name: "set_speed", speed: "max" } });
  await page.until("settings", ({ pacing }) => pacing?.mode === "as_fast_as_possible");
  page.fallSilent();
  page.send({ type: "release_control" });
  await vi.waitFor(() => expect(pace.attended).toBe(false), PATIENT);
});

test("in simulation a silent page without input loses control, and the policy continues", async () => {
  const page = await PageSocket.open(dashboard.port);
  await page.drive();
  page.fallSilent();
  expect((await page.until("control", ({ control }) => control.lost !== null)).control.lost).toBe("silent");
  expect(run.done).toEqual([]);
  expect(pace.attended).toBe(false);
  await page.drive([1, 0, 0]);
  await vi.waitFor(() => expect(run.teleoperator.getTeleopEvents().isIntervention).toBe(true), PATIENT);
  page.fallSilent();
  expect((await page.until("stop", ({ stop }) => stop.active)).stop).toEqual({
    active: true,
    reason: "silent",
    by: "Ada",
  });
  expect(run.done).toEqual(["hold"]);
});

test("the answer to a resume during an evaluation says when it takes effect", async () => {
  const page = await PageSocket.open(dashboard.port);
  page.send({ type: "take_control" });
  const resumed = async (id: number, name: "resume_actor" | "resume_learner") => {
    page.send({ type: "command", id, command: { name } });
    return (await page.until("result", (result) => result.id === id)).message;
  };
  expect(await resumed(1, "resume_actor")).toBe("The robot resumes.");
  status.setEvaluation({ episode: 1, of: 100, successes: 1, policy_step: 7 });
  expect(await resumed(2, "resume_actor")).toBe("The robot resumes as soon as the evaluation is done.");
  expect(await resumed(3, "resume_learner")).toBe("Learning resumes as soon as the evaluation is done.");
});
