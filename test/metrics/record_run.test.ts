import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunEvent, RunEvents, recordRun } from "../../src/metrics/index.ts";
import { episode, started } from "./events.ts";
import { readEventFile } from "./read_event_file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-record-run-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...told: RunEvent[]): Promise<readonly RunEvent[]> {
  const events = new RunEvents();
  const recording = await recordRun(folder, events);
  for (const event of told) events.emit(event);
  await recording.close();
  return recording.earlier;
}

async function newestAutonomousSuccess(): Promise<number | undefined> {
  const newest = (await readdir(join(folder, "tensorboard"))).sort().at(-1)!;
  const values = readEventFile(await readFile(join(folder, "tensorboard", newest))).flatMap((event) => event.values);
  return values.findLast(({ tag }) => tag === "episode/autonomous_success")?.value;
}

it("a run that goes on knows what its folder holds already", async () => {
  const first = [started(), episode({ outcome: "failure" })];
  expect(await run(...first)).toEqual([]);
  expect(await newestAutonomousSuccess()).toBe(0);
  expect(await run(started({ interaction_step: 10, resumed_from: "checkpoints/000020" }), episode())).toEqual(first);
  expect(await newestAutonomousSuccess()).toBe(0.5);
});

it("a damaged log is refused with its place instead of being written on", async () => {
  await run(started());
  await appendFile(join(folder, "run.jsonl"), "garbage\n");
  await expect(run(episode())).rejects.toThrow(`${join(folder, "run.jsonl")}:2: not JSON`);
});
