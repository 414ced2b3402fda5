/**
 * The page with a run of `handrail train` on images: camera images, evaluations, the scripted operator, recording. All
 * tests share one run and one page.
 */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Dashboard, DashboardHooks, startDashboard, trainingRun } from "../../src/dashboard/index.ts";
import { Dataset, validateDataset } from "../../src/datasets/index.ts";
import { type RunEvent, type RunEventOf, RunEvents } from "../../src/metrics/index.ts";
import type { ActorStep } from "../../src/rollout/index.ts";
import { EpisodeRecorder } from "../../src/rollout/recording/episode_recorder.ts";
import { TrainingRun } from "../../src/runs/training_run/training_run.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { PATIENT } from "../until.ts";
import { complaintsOf, openBrowser } from "./browser.ts";

const SIZE_PX = 64;
const CAMERAS = ["observation.images.front", "observation.images.wrist"];
const INPUTS = {
  ...Object.fromEntries(CAMERAS.map((key) => [key, { type: "VISUAL", shape: [3, SIZE_PX, SIZE_PX] }])),
  "observation.state": { type: "STATE", shape: [18] },
};
/** Small networks, which are not trained here. */
const OVERRIDES = [
  `--env.processor.image_preprocessing=${JSON.stringify({ resize_size: [SIZE_PX, SIZE_PX] })}`,
  "--env.processor.reset.control_time_s=3",
  `--policy.input_features=${JSON.stringify(INPUTS)}`,
  ...SMALL_NETWORKS,
  "--policy.image_encoder_hidden_dim=4",
  ...["--policy.online_step_before_learning=1000000", "--policy.online_buffer_capacity=2000", "--batch_size=4"],
  ...["--handrail.pacing=real_time", "--handrail.demonstrations.episodes=0", "--handrail.operator.type=scripted"],
  ...["--handrail.operator.intervention_rate=0", "--handrail.operator.min_intervention_rate=0.5"],
  "--eval.n_episodes=2",
];

const folder = join(mkdtempSync(join(tmpdir(), "handrail-whole-run-")), "pixels");
const stop = new AbortController();
const events = new RunEvents();
const log: RunEvent[] = [];
const steps: ActorStep[] = [];
let browser: Browser;
let run: TrainingRun;
let running: Promise<unknown>;
let dashboard: Dashboard;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  events.subscribe((event) => log.push(event));
  const overrides = [...OVERRIDES, `--output_dir=${folder}`];
  const config = await loadTrainingConfig("configs/pick_cube_pixels.json", { overrides });
  const hooks = new DashboardHooks();
  const recorder = new EpisodeRecorder(config);
  run = await TrainingRun.start({
    config,
    events,
    signal: stop.signal,
    teleoperators: (env) => hooks.teleoperatorsFor(env),
    observers: () => [...hooks.observers, recorder, { onStep: (step) => steps.push(step) }],
  });
  const { made, learner } = run;
  const parts = { hooks, recorder, config, events, made, learner };
  dashboard = await startDashboard({
    run: trainingRun({ ...parts, evaluateNow: () => run.evaluate() }),
    port: 0,
    inputTimeoutMs: PATIENT.timeout,
  });
  running = run.run();
  browser = await openBrowser({ drawsScenes: true });
  const context = await browser.newContext({ viewport: { width: 1000, height: 720 } });
  context.setDefaultTimeout(PATIENT.timeout);
  page = await context.newPage();
  complaints = complaintsOf(page);
  await page.goto(dashboard.url);
  await page.getByRole("button", { name: "Take control", exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await dashboard?.close();
  stop.abort();
  await running;
  await rm(join(folder, ".."), { recursive: true, force: true });
  expect(complaints).toEqual([]);
});

const ofType = <Type extends RunEvent["type"]>(type: Type) =>
  log.filter((event): event is RunEventOf<Type> => event.type === type);
const episodes = () => ofType("episode");
const lastAction = () => ofType("action").at(-1);
const view = (name: string) => page.getByRole("link", { name, exact: true }).click();
const press = (name: string) => page.getByRole("button", { name, exact: true }).click();

/** Resolves when an episode that starts after the call has ended. */
async function wholeEpisode(): Promise<RunEventOf<"episode">> {
  const running = steps.at(-1)!.episode;
  const next = () => episodes().find(({ episode }) => episode > running);
  await vi.waitFor(() => expect(next()).toBeDefined(), PATIENT);
  return next()!;
}

test("every camera has a live image of the policy's input", async () => {
  const pictures = () =>
    page.evaluate<string[]>("[...document.querySelectorAll('.cameras canvas')].map((canvas) => canvas.toDataURL())");
  await expect.poll(async () => (await pictures()).length, PATIENT).toBe(2);
  expect(await page.locator(".cameras figcaption").allTextContents()).toEqual(["front", "wrist"]);
  const size = "(({ width, height }) => [width, height])(document.querySelector('.cameras canvas'))";
  expect(await page.evaluate(size)).toEqual([SIZE_PX, SIZE_PX]);
  const before = await pictures();
  await expect.poll(async () => (await pictures()).filter((now, i) => now !== before[i]).length, PATIENT).toBe(2);
});

test("the person in control sets how often the scripted operator takes over", async () => {
  await view("Run");
  await vi.waitFor(() => expect(episodes().at(0)?.intervention_steps).toBe(0), PATIENT);
  const rate = page.getByRole("slider", { name: /^The scripted operator/ });
  await rate.fill("1");
  await vi.waitFor(() => expect(lastAction()?.detail).toMatchObject({ rate: 1 }), PATIENT);
  expect(run.made.operator!.interventionRate).toBe(1);
  await vi.waitFor(async () => expect((await wholeEpisode()).intervention_steps).toBeGreaterThan(0), PATIENT);
  await rate.fill("0");
  await vi.waitFor(() => expect(lastAction()?.detail).toMatchObject({ rate: 0 }), PATIENT);
  await wholeEpisode();
  expect((await wholeEpisode()).intervention_steps).toBe(0);
  expect(run.made.operator!.interventionRate).toBe(0);
});

test("a recording is a dataset of whole episodes, as they were sent to the learner", async () => {
  await press("Record every episode");
  await page.getByText(/^Every episode is recorded from the next one on, in .*recorded_episodes/).waitFor();
  await wholeEpisode();
  await wholeEpisode();
  await press("Stop recording");
  await page.getByText(/^Recorded \d+ episodes in /).waitFor();
  expect(
    ofType("action")
      .slice(-2)
      .map(({ name }) => name),
  ).toEqual(["start_recording", "stop_recording"]);

  const root = join(folder, "recorded_episodes");
  expect((await validateDataset(root)).problems).toEqual([]);
  const dataset = await Dataset.open(root);
  expect(dataset.episodes.length).toBeGreaterThanOrEqual(2);
  const frames = await Promise.all(Array.from({ length: dataset.length }, (_, i) => dataset.frame(i)));
  const isFirst = ({ episodeStep, experience }: ActorStep) =>
    episodeStep === 1 && String(experience.action) === String(frames[0]!.values.action);
  const first = steps.find(isFirst)!.episode;
  const kept = steps.filter(({ episode }) => episode >= first && episode < first + dataset.episodes.length);
  const pick = ["action", "observation.state"] as const;
  expect(frames.map(({ values }) => pick.map((key) => values[key]))).toEqual(
    kept.map(({ experience: { action, observation } }) => [action, observation["observation.state"]]),
  );
  for (const camera of CAMERAS) expect(dataset.imageSize(camera)).toMatchObject({ height: SIZE_PX, width: SIZE_PX });
  await dataset.close();
});

test("an evaluation runs and is shown; an emergency stop holds it until it is released", async () => {
  await press("Evaluate now");
  await vi.waitFor(() => expect(run.made.actor.state).toBe("paused"), PATIENT);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Release the stop" }).waitFor();
  await vi.waitFor(() => expect(run.made.actor.state).toBe("holding"), PATIENT);
  const taken = steps.length;
  await page.waitForTimeout(300);
  expect(steps.length).toBe(taken);
  expect(ofType("evaluation")).toEqual([]);
  await press("Release the stop");
  await vi.waitFor(() => expect(ofType("evaluation").length).toBe(1), PATIENT);
  expect(ofType("evaluation").at(-1)!.report).toMatchObject({ episodes: 2, deterministic: true, operator_share: 0 });
  await view("Learning");
  await vi.waitFor(() => expect(steps.length).toBeGreaterThan(taken), PATIENT);
});

test("a robot that a person has paused stays paused after an evaluation", async () => {
  await view("Run");
  await press("Pause the robot");
  await vi.waitFor(() => expect(run.made.actor.state).toBe("paused"), PATIENT);
  const before = ofType("evaluation").length;
  await press("Evaluate now");
  await vi.waitFor(() => expect(ofType("evaluation").length).toBe(before + 1), PATIENT);
  expect(run.made.actor.state).toBe("paused");
  await page.keyboard.press("Escape"); // also stops a paused robot
  await vi.waitFor(() => expect(run.made.actor.state).toBe("holding"), PATIENT);
  await press("Resume the robot");
  await vi.waitFor(() => expect(lastAction()?.name).toBe("resume_actor"), PATIENT);
  expect(run.made.actor.state).toBe("holding");
  await press("Release the stop");
  await vi.waitFor(() => expect(run.made.actor.state).toBe("running"), PATIENT);
});

test("a finished run shows its result, and no figures of its machines", async () => {
  await view("Live");
  const machine = page.getByText("Machine", { exact: true });
  await machine.waitFor();
  const interaction_step = steps.at(-1)!.interactionStep;
  events.emit({ type: "run_finished", reason: "steps", message: "All steps are done.", interaction_step });
  await expect.poll(() => page.getByTestId("summary").textContent(), PATIENT).toBe("All steps are done.");
  await expect.poll(() => page.locator(".rail li[aria-current]").textContent(), PATIENT).toBe("Done");
  expect(await machine.count()).toBe(0);
});
