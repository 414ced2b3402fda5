/** `handrail dashboard` with a finished run, a run of another process, and a dataset. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { decodeFrame } from "../../src/dashboard/frames.ts";
import { decodeRecording } from "../../src/dashboard/recording_format.ts";
import { EpisodeRecordings } from "../../src/dashboard/server/episodes/episode_recordings.ts";
import { HANDRAIL } from "../build.ts";
import { temporaryFolder, writeDataset } from "../datasets/support.ts";
import { PageSocket } from "./page_socket.ts";

let command: ChildProcess | undefined;
afterEach(async () => {
  if (command === undefined || command.exitCode !== null || command.signalCode !== null) return;
  const ended = once(command, "exit");
  command.kill("SIGKILL");
  await ended;
});

const EPISODE = {
  type: "episode",
  time_s: 10,
  interaction_step: 30,
  actor: "actor",
  episode: 4,
  episodic_return: 1,
  episode_length: 30,
  outcome: "success",
  intervention_steps: 5,
  duration_s: 3,
};

async function runFolder(): Promise<string> {
  const folder = join(await temporaryFolder(), "cube");
  await mkdir(folder);
  await writeFile(join(folder, "run.jsonl"), `${JSON.stringify(EPISODE)}\n`);
  await writeFile(join(folder, "train_config.json"), JSON.stringify({ job_name: "cube-run" }));
  const recordings = await EpisodeRecordings.open(folder);
  await recordings.writeScene({ bodies: 1, geoms: [], focus: { center_m: [0, 0, 0], radius_m: 1 } });
  for (let step = 0; step < 3; step++) {
    recordings.addStep(Float32Array.of(step, 0, 0, 1, 0, 0, 0), {
      action: Float32Array.of(1, 0, 0, 1),
      reward: step,
      successProbability: null,
    });
  }
  const trace = {
    episode: 4,
    length: 3,
    episodic_return: 1,
    interventions: [],
    outcome: "success",
    undone: false,
  } as const;
  recordings.finishEpisode({ ...trace, interventions: [] }, 10, () => {});
  await recordings.settle();
  return folder;
}

/** The address that the command prints, or its output if it ends. */
async function open(folder: string): Promise<string> {
  const child = spawn(process.execPath, [HANDRAIL, "dashboard", folder, "--dashboard.port=0"]);
  command = child;
  return new Promise((resolve) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk;
      const address = /http:\S+\//.exec(said)?.[0];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", () => resolve(said));
  });
}

test("handrail dashboard shows curves and plays back episodes; nothing can be driven", async () => {
  const address = await open(await runFolder());
  const page = await PageSocket.open(Number(new URL(address).port));
  const welcome = await page.next("welcome");
  expect(welcome).toMatchObject({ mode: "review", run_name: "cube-run", capabilities: [], recordings: [4] });
  expect(welcome.history).toEqual([EPISODE]);
  expect(welcome.traces).toMatchObject([{ episode: 4, outcome: "success" }]);
  expect(welcome.scene?.bodies).toBe(1);
  page.send({ type: "take_control" });
  page.send({ type: "stop" });

  const response = await fetch(`${address}recordings/4`);
  const { steps, poses, tracks, values } = decodeRecording(await response.arrayBuffer());
  expect([steps, poses[7]]).toEqual([3, 1]);
  expect(tracks).toEqual([
    { name: "action", labels: ["x", "y", "z", "gripper"] },
    { name: "reward", labels: ["reward"] },
  ]);
  expect([...values[1]!]).toEqual([0, 1, 2]);
  expect(await (await fetch(`${address}recordings`)).json()).toMatchObject([{ episode: 4, length: 3 }]);
  expect((await fetch(`${address}recordings/5`)).status).toBe(404);
  expect(page.messages.filter(({ type }) => type === "stop")).toEqual([]);
  await page.close();
});

test("handrail dashboard plays back a dataset: its columns step by step, and its camera images", async () => {
  const root = await writeDataset([3, 2], { camera: "image" });
  const address = await open(root);
  const page = await PageSocket.open(Number(new URL(address).port));
  expect(await page.next("welcome")).toMatchObject({ mode: "review", views: ["episodes", "run"], recordings: [0, 1] });
  await page.close();

  expect(await (await fetch(`${address}recordings`)).json()).toMatchObject([
    { episode: 0, length: 3 },
    { episode: 1, length: 2 },
  ]);
  const recording = decodeRecording(await (await fetch(`${address}recordings/1`)).arrayBuffer());
  expect(recording).toMatchObject({ bodies: 0, steps: 2, control_frequency_hz: 10, trace: { episode: 1 } });
  recording.tracks.forEach(({ labels }, i) => {
    expect(recording.values[i]).toHaveLength(2 * labels.length);
  });
  expect(recording.cameras).toEqual(["front", "wrist"]);
  const image = decodeFrame(await (await fetch(`${address}recordings/1/images/1/0`)).arrayBuffer());
  expect(image.type).toBe("image");
  for (const absent of ["1/images/2/0", "1/images/0/2", "7/images/0/0", "1/images/x/0"]) {
    expect((await fetch(`${address}recordings/${absent}`)).status, absent).toBe(404);
  }
});

test("a run in another process is followed, one complete line at a time", async () => {
  const folder = await runFolder();
  const log = join(folder, "run.jsonl");
  const line = (episode: number) => JSON.stringify({ ...EPISODE, episode, interaction_step: 10 * episode });
  // A partly written line.
  await appendFile(log, line(5).slice(0, 40));
  const page = await PageSocket.open(Number(new URL(await open(folder)).port));
  expect((await page.next("welcome")).views).not.toContain("live");
  await appendFile(log, `${line(5).slice(40)}\nno event\n${line(6)}\n`);
  const episodes = (await page.until("events", ({ events }) => events.length > 0)).events;
  expect(episodes).toMatchObject([{ episode: 5 }, { episode: 6 }]);
  await page.until("trace", ({ trace }) => trace.episode === 6);
  await page.close();
});

test("a folder without a run is refused with its name", async () => {
  const folder = await temporaryFolder();
  expect(await open(folder)).toContain(`"${folder}" holds no run log: name the output_dir of a run`);
});
