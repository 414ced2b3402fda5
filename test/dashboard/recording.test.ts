/** Recording demonstrations from the page in Chromium on the simulated arm, and with `handrail record`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { RecordingSession, startDashboard } from "../../src/dashboard/index.ts";
import { Dataset } from "../../src/datasets/dataset.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { DatasetRecorder } from "../../src/datasets/writing/dataset_recorder.ts";
import { RunEvents } from "../../src/metrics/index.ts";
import { type RecordedEpisode, recordDemonstrations } from "../../src/rollout/recording/record_demonstrations.ts";
import { recordingFeatures } from "../../src/rollout/recording/recording.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { HANDRAIL } from "../build.ts";
import { PATIENT } from "../until.ts";
import { complaintsOf, openBrowser } from "./browser.ts";
import { PageSocket } from "./page_socket.ts";

/** The time limit must not end an episode. */
const LONG_EPISODES = "--env.processor.reset.control_time_s=600";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-recording-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function stored(root: string) {
  expect((await validateDataset(root)).problems).toEqual([]);
  const dataset = await Dataset.open(root);
  const episodes = [];
  for (const episode of dataset.episodes) {
    const frames = [];
    for await (const { values, task } of dataset.frames(episode)) {
      const number = (key: string) => Number((values[key] as ArrayLike<number>)[0]);
      frames.push({
        task,
        action: [...(values.action as Float32Array)],
        reward: number("next.reward"),
        done: number("next.done"),
        steered: number("complementary_info.is_intervention"),
      });
    }
    episodes.push(frames);
  }
  await dataset.close();
  return episodes;
}

test("a person drives, records an episode again, marks success, and the dataset is what was driven", async () => {
  const config = await loadTrainingConfig("configs/pick_cube.json", { overrides: [LONG_EPISODES] });
  const processedEnv = await makeProcessedEnv(config);
  const session = new RecordingSession({
    name: "demos",
    processedEnv,
    config,
    events: new RunEvents(),
    controlFrequencyHz: 10,
  });
  // Software rendering is slow.
  const dashboard = await startDashboard({ run: session.run, port: 0, inputTimeoutMs: PATIENT.timeout });
  const features = recordingFeatures(processedEnv, "image");
  const recorder = await DatasetRecorder.create({ root: join(folder, "demos"), fps: 10, features });
  const done: RecordedEpisode[] = [];
  const recording = recordDemonstrations({
    processedEnv,
    recorder,
    episodes: 2,
    task: "reach forward",
    seed: 0,
    ...session.recording,
    onEpisode: (episode) => {
      done.push(episode);
      session.onEpisode(episode);
    },
  });
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 720 } });
    const complaints = complaintsOf(page);
    await page.goto(dashboard.url);
    await page.getByRole("button", { name: "Take control", exact: true }).click();
    await page.waitForTimeout(500);
    expect(recorder.frames, "recorded before the first movement").toBe(0);

    await page.keyboard.down("ArrowDown");
    await vi.waitFor(() => expect(recorder.frames).toBeGreaterThan(4), PATIENT);
    await page.keyboard.press("r");
    await vi.waitFor(() => expect(done).toMatchObject([{ kept: false, outcome: "rerecorded" }]), PATIENT);
    await page.waitForTimeout(500);
    expect(recorder.frames, "a key held from the last episode started one").toBe(0);
    await page.keyboard.up("ArrowDown");

    for (const episode of [1, 2]) {
      await page.waitForTimeout(500);
      await page.keyboard.down("ArrowUp");
      await vi.waitFor(() => expect(recorder.frames).toBeGreaterThan(6), PATIENT);
      await page.keyboard.up("ArrowUp");
      await page.keyboard.press("Enter");
      await vi.waitFor(() => expect(done).toHaveLength(1 + episode), PATIENT);
    }
    expect(await recording).toMatchObject([
      { kept: true, outcome: "success", totalReward: 1 },
      { kept: true, outcome: "success", totalReward: 1 },
    ]);
    await expect.poll(() => page.locator('[data-outcome="success"]').count(), PATIENT).toBe(2);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
    await dashboard.close();
    await recorder.close();
    await processedEnv.env.close();
  }

  const episodes = await stored(recorder.root);
  expect(episodes.map(({ length }) => length)).toEqual(done.slice(1).map(({ frames }) => frames));
  for (const frames of episodes) {
    expect(frames.at(-1)).toMatchObject({ reward: 1, done: 1, task: "reach forward" });
    expect(frames.slice(0, -1).every(({ reward, done: ended }) => reward === 0 && ended === 0)).toBe(true);
    const forward = frames.filter(({ steered, action }) => steered === 1 && action[0] === 1);
    expect(forward.length).toBeGreaterThan(3);
    // Nothing else moves the arm, and the discarded episode is not included.
    expect(frames.every(({ action }) => action[0] === 1 || action[0] === 0)).toBe(true);
  }
});

/** Starts `handrail record --operator dashboard` and opens a page. */
async function recordCommand(root: string, ...options: string[]) {
  const args = ["record", root, "--task", "reach", "--episodes", "1", "--operator", "dashboard"];
  // Also for a busy machine.
  const address = ["--dashboard.port", "0", "--dashboard.input-timeout", String(PATIENT.timeout)];
  const command = [HANDRAIL, ...args, ...address, "--config", "configs/pick_cube.json", ...options];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  await vi.waitFor(() => expect(printed).toMatch(/dashboard on http:\/\/127.0.0.1:(\d+)/), PATIENT);
  const page = await PageSocket.open(Number(/127.0.0.1:(\d+)/.exec(printed)![1]));
  return { page, exited, printed: () => printed };
}

test("handrail record --operator dashboard: a stop discards the episode; one that reaches the time limit waits for a label", async () => {
  const root = join(folder, "demos");
  const { page, exited, printed } = await recordCommand(root, "--env.processor.reset.control_time_s=60");
  const traces = () => page.messages.flatMap((message) => (message.type === "trace" ? [message.trace] : []));
  const sessions = () =>
    page.messages.flatMap((message) => (message.type === "recording_session" ? [message.session] : []));
  const { recording_session } = await page.next("welcome");
  expect(recording_session).toMatchObject({ task: "reach", saved: 0, wanted: 1, waiting_for: "control" });

  await page.drive([1, 0, 0]);
  await vi.waitFor(() => expect(traces().at(-1)?.length ?? 0).toBeGreaterThan(3), PATIENT);
  page.send({ type: "stop" });
  await vi.waitFor(() => expect(traces().at(-1)?.outcome).toBe("rerecorded"), PATIENT);
  page.fallSilent();
  await page.drive([0, 0, 0]);
  page.send({ type: "release_stop" });
  await vi.waitFor(() => expect(sessions().at(-1)?.waiting_for).toBe("movement"), PATIENT);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(traces().at(-1)?.outcome, "an episode started without input").toBe("rerecorded");
  page.fallSilent();
  page.send({ type: "command", id: 1, command: { name: "set_speed", speed: "max" } });
  await page.drive([0, 1, 0]);
  await vi.waitFor(() => expect(sessions().at(-1)).toMatchObject({ waiting_for: "verdict", saved: 0 }), PATIENT);
  const counted = sessions().flatMap(({ seconds_left }) => seconds_left ?? []);
  expect(counted.length).toBeGreaterThan(0);
  expect(Math.max(...counted)).toBeLessThanOrEqual(60);
  expect(sessions().at(-1)!.seconds_left).toBeNull();
  expect(printed()).toContain("over without a verdict");
  page.send({ type: "label", label: "success" });
  expect(await exited).toEqual([0, null]);
  expect(printed()).toContain("1 episodes recorded into");
  await page.close();
  const [frames, ...more] = await stored(root);
  expect(more).toEqual([]);
  expect(frames).toHaveLength(600);
  expect(frames!.at(-1)).toMatchObject({ reward: 1, done: 1, task: "reach" });
  expect(frames!.some(({ action }) => action[1] === 1)).toBe(true);
  expect(frames!.every(({ action }) => action[0] === 0)).toBe(true);
});

test("handrail record --keep-timeouts saves an episode without a label", async () => {
  const root = join(folder, "demos");
  const { page, exited } = await recordCommand(root, "--keep-timeouts", "--env.processor.reset.control_time_s=0.5");
  await page.drive([1, 0, 0]);
  expect(await exited).toEqual([0, null]);
  await page.close();
  const episodes = await stored(root);
  expect(episodes.map((frames) => frames.length)).toEqual([5]);
  expect(episodes[0]!.at(-1)).toMatchObject({ reward: 0, done: 0 });
});
