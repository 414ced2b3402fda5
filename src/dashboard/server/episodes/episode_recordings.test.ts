import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { decodeRecording } from "../../recording_format.ts";
import { EpisodeRecordings } from "./episode_recordings.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function tracksOf(...probabilities: (number | null)[]) {
  const folder = await mkdtemp(join(tmpdir(), "handrail-recordings-"));
  folders.push(folder);
  const recordings = await EpisodeRecordings.open(folder);
  for (const successProbability of probabilities) {
    const step = { action: Float32Array.of(1, 0), reward: 0.5, successProbability };
    recordings.addStep(Float32Array.of(0, 0, 0, 1, 0, 0, 0), step);
  }
  const trace = { episode: 1, length: probabilities.length, episodic_return: 1, interventions: [], undone: false };
  recordings.finishEpisode({ ...trace, outcome: "success" }, 10, () => {});
  await recordings.settle();
  const bytes = (await recordings.read(1))!;
  const { tracks, values } = decodeRecording(bytes.buffer);
  return Object.fromEntries(tracks.map(({ name }, i) => [name, [...values[i]!]]));
}

it("a recording has tracks of actions and rewards, and of the success probability if there is a reward model", async () => {
  expect(await tracksOf(null, null)).toEqual({ action: [1, 0, 1, 0], reward: [0.5, 0.5] });
  expect(await tracksOf(0.25, 0.75)).toMatchObject({ reward: [0.5, 0.5], "success probability": [0.25, 0.75] });
});
