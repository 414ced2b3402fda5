import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunEvent, RunEvents, recordRun } from "../../src/metrics/index.ts";
import { recordRunFrom } from "../../src/metrics/record_run.ts";
import { episode, started } from "./events.ts";
import { readEventFile } from "./read_event_file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-record-run-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...emitted: RunEvent[]): Promise<readonly RunEvent[]> {
  const events = new RunEvents();
  const recording = await recordRun(folder, events);
  for (const event of emitted) events.emit(event);
  await recording.close();
  return recording.earlier;
}

async function newestAutonomousSuccess(): Promise<number | undefined> {
  const newest = (await readdir(join(folder, "tensorboard"))).sort().at(-1)!;
  const values = readEventFile(await readFile(join(folder, "tensorboard", newest))).flatMap((event) => event.values);
  return values.findLast(({ tag }) => tag === "episode/autonomous_success")?.value;
}

it("a resumed run knows the content of its folder", async () => {
  const first = [started(), episode({ outcome: "failure" })];
  expect(await run(...first)).toEqual([]);
  expect(await newestAutonomousSuccess()).toBe(0);
  expect(await run(started({ interaction_step: 10, resumed_from: "checkpoints/000020" }), episode())).toEqual(first);
  expect(await newestAutonomousSuccess()).toBe(0.5);
});

it("damage to the log is reported and left in place, and the run continues with everything else", async () => {
  const first = [started(), episode({ outcome: "failure" }), episode({ episode: 2 })];
  await run(...first);
  const path = join(folder, "run.jsonl");
  const lines = (await readFile(path, "utf8")).split("\n");
  lines[1] = lines[1]!.replace('"type"', '"tzpe"');
  lines.splice(2, 0, "garbage");
  await writeFile(path, lines.join("\n"));
  const notices: RunEvent[] = [];
  const events = new RunEvents();
  events.subscribe((event) => notices.push(event));
  const recording = await recordRun(folder, events);
  events.emit(episode({ episode: 3 }));
  await recording.close();
  expect(recording.earlier).toEqual([first[0], first[2]]);
  expect(notices[0]).toMatchObject({
    type: "notice",
    level: "error",
    message: expect.stringMatching(/run\.jsonl: 2 lines damaged and left out \(line 2: not an event of a run/),
  });
  expect(await readFile(path, "utf8")).toContain(lines.slice(0, 4).join("\n"));
});

it("a run continues without a log that cannot be opened, and reports it", async () => {
  await mkdir(join(folder, "run.jsonl"));
  const notices: RunEvent[] = [];
  const events = new RunEvents();
  events.subscribe((event) => notices.push(event));
  const recording = await recordRun(folder, events);
  await recording.close();
  expect(notices.map((event) => "message" in event && event.message)).toEqual([
    expect.stringContaining("run.jsonl cannot be read: EISDIR"),
    expect.stringContaining("the run continues without"),
  ]);
  expect(await readdir(join(folder, "tensorboard"))).toHaveLength(1);
});

it("nothing is written before the run begins; then earlier events are written too", async () => {
  const events = new RunEvents();
  const recording = recordRunFrom(events);
  events.emit(started());
  expect(await readdir(folder)).toEqual([]);
  const beginning = recording.begin(folder);
  events.emit(episode());
  await beginning;
  events.emit(episode({ episode: 2 }));
  await recording.close();
  const types = (await readFile(join(folder, "run.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  expect(types).toEqual(["run_started", "episode", "episode"]);
});

it("files deleted during the run are reported once and recreated, complete", async () => {
  const events = new RunEvents();
  const notices: string[] = [];
  events.subscribe((event) => event.type === "notice" && notices.push(event.message));
  const recording = await recordRun(folder, events);
  events.emit(episode());
  await recording.flush();
  await rm(folder, { recursive: true });
  for (const number of [2, 3]) {
    events.emit(episode({ episode: number }));
    await recording.flush();
  }
  await recording.close();
  expect(notices.filter((text) => text.includes("run.jsonl was deleted or moved"))).toHaveLength(1);
  expect(await readFile(join(folder, "run.jsonl"), "utf8")).toContain('"episode":2');
  expect(await newestAutonomousSuccess()).toBeDefined();
});
