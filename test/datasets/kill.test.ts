/** Recording survives being killed at any moment: a real process, real signals. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { Random } from "../../src/tensor/random.ts";
import { program } from "../build.ts";
import { brightness, exampleTask, writeEpisode } from "./example_episodes.ts";
import { temporaryFolder } from "./support.ts";

const KILLS = 20;

/** Records until killed, `delayMs` after the recorder had saved `saved` episodes. @returns the last episode reported as saved. */
async function recordAndKill(root: string, delayMs: number, saves: number): Promise<number | undefined> {
  const script = program("datasets/processes/record_until_killed");
  const child = spawn(process.execPath, [script, root], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let saved: number | undefined;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines++ === saves) setTimeout(() => child.kill("SIGKILL"), delayMs);
    if (line !== "ready") saved = Number(line.replace("saved ", ""));
  }
  const [, signal] = await closed;
  expect(signal).toBe("SIGKILL");
  return saved;
}

it(`loses no saved episode to ${KILLS} kills at random moments, and continues recording`, async () => {
  const root = join(await temporaryFolder(), "killed");
  const random = new Random(20);
  let saved = -1;
  for (let kill = 0; kill < KILLS; kill++) {
    // Most runs save an episode, so that a slow machine also has something to lose.
    const saves = kill % 3 === 0 ? 0 : 1;
    saved = Math.max(saved, (await recordAndKill(root, random.uniform(0, 800), saves)) ?? -1);
    const report = await validateDataset(root);
    // Killed before the first save: the dataset is empty, and otherwise valid.
    const nothingYet = [expect.objectContaining({ message: expect.stringContaining("lists no episode") })];
    expect(report.problems).toEqual(report.episodes === 0 ? nothingYet : []);
    // A save may be complete although the process died before saying so.
    expect(report.episodes).toBeGreaterThanOrEqual(saved + 1);
    expect(report.episodes).toBeLessThanOrEqual(saved + 2);
    saved = report.episodes - 1;
  }
  expect(saved).toBeGreaterThan(KILLS / 2);

  const writer = await DatasetWriter.resume({ root });
  await writeEpisode(writer, saved + 1, 4);
  await writer.close();
  expect((await validateDataset(root, { decodeAll: true })).problems).toEqual([]);
  const dataset = await Dataset.open(root);
  for (const { episodeIndex, fromIndex } of dataset.episodes) {
    const frame = await dataset.frame(fromIndex + 2);
    expect(frame.task).toBe(exampleTask(episodeIndex));
    const front = frame.values["observation.images.front"] as Uint8Array;
    expect(Math.abs(front[1000]! - brightness(episodeIndex, 2))).toBeLessThanOrEqual(3);
  }
  const starts = Array.from({ length: saved + 1 }, (_, episode) => ({ seed: 100 + episode, resets: 0 }));
  expect(await dataset.episodeStarts(), "every episode has the start that was saved with it").toEqual([
    ...starts,
    null,
  ]);
  await dataset.close();
});
