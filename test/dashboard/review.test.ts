/** A run that is over, opened from its folder by the command that a person types. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { decodeRecording } from "../../src/dashboard/recording_format.ts";
import { EpisodeRecordings } from "../../src/dashboard/server/episode_recordings.ts";
import { PageSocket } from "./page_socket.ts";

let command: ChildProcess | undefined;
afterEach(() => command?.kill("SIGKILL"));

const EPISODE = {
  ...{ type: "episode", time_s: 10, interaction_step: 30, actor: "actor", episode: 4, episodic_return: 1 },
  ...{ episode_length: 30, outcome: "success", intervention_steps: 5, duration_s: 3 },
};

async function runFolder(): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), "handrail-review-")), "cube");
  await mkdir(folder);
  await writeFile(join(folder, "run.jsonl"), `${JSON.stringify(EPISODE)}\n`);
  await writeFile(join(folder, "train_config.json"), JSON.stringify({ job_name: "cube-run" }));
  const recordings = await EpisodeRecordings.open(folder);
  await recordings.writeScene({ bodies: 1, geoms: [], focus: { center_m: [0, 0, 0], radius_m: 1 } });
  for (let step = 0; step < 3; step++) recordings.addStep(Float32Array.of(step, 0, 0, 1, 0, 0, 0));
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

/** The address it prints, or what it says when it ends. */
async function open(folder: string): Promise<string> {
  const child = spawn(process.execPath, [
    "--import",
    "tsx",
    "src/cli/main.ts",
    "dashboard",
    folder,
    "--dashboard.port=0",
  ]);
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
  const { steps, poses } = decodeRecording(await response.arrayBuffer());
  expect([steps, poses[7]]).toEqual([3, 1]);
  expect((await fetch(`${address}recordings/5`)).status).toBe(404);
  expect(page.messages.filter(({ type }) => type === "stop")).toEqual([]);
  await page.close();
});

test("a folder without a run is refused by name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "handrail-no-run-"));
  expect(await open(folder)).toContain(`"${folder}" holds no run log: name the output_dir of a run`);
});
