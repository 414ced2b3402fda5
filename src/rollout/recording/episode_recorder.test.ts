import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Dataset, validateDataset } from "../../datasets/index.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import type { ActorStep, EpisodeEnd } from "../observer.ts";
import { EpisodeRecorder } from "./episode_recorder.ts";

let folder: string;
let recorder: EpisodeRecorder;
let rewards = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-episodes-"));
  recorder = new EpisodeRecorder(
    await loadTrainingConfig("configs/pick_cube.json", { overrides: [`--output_dir=${join(folder, "run")}`] }),
  );
  rewards = 0;
});

afterEach(() => rm(folder, { recursive: true }));

/** A step whose reward numbers it. */
function step(terminated = false): void {
  const observation = {
    "observation.environment_state": new Float32Array(3),
    "observation.state": new Float32Array(18),
  };
  const experience = {
    observation,
    action: new Float32Array(4),
    reward: rewards++,
    nextObservation: observation,
    terminated,
    truncated: false,
    complementaryInfo: { discrete_penalty: 0, is_intervention: 1 },
  };
  recorder.onStep({ experience } as unknown as ActorStep);
}

function episode(outcome: EpisodeEnd["outcome"] = "success", start: { readonly seed?: number } = {}): void {
  recorder.onEpisodeStart(start);
  step();
  step(true);
  recorder.onEpisodeEnd({ outcome } as EpisodeEnd);
}

async function recordedRewards(): Promise<number[]> {
  expect((await validateDataset(recorder.root)).problems).toEqual([]);
  const dataset = await Dataset.open(recorder.root);
  const frames = await Promise.all(Array.from({ length: dataset.length }, (_, i) => dataset.frame(i)));
  await dataset.close();
  return frames.map(({ values }) => Number((values["next.reward"] as Float32Array)[0]));
}

test("whole episodes are recorded, between start and stop; re-recorded ones are not", async () => {
  episode(); // 0, 1: before
  recorder.onEpisodeStart({});
  step(); // 2: of an episode that began before
  await recorder.start();
  step(true);
  recorder.onEpisodeEnd({ outcome: "success" } as EpisodeEnd);
  episode(); // 4, 5
  episode("rerecorded"); // 6, 7
  episode("time_limit"); // 8, 9
  recorder.onEpisodeStart({});
  step(); // 10: cut off
  expect(await recorder.stop()).toBe(2);
  episode();
  expect(await recordedRewards()).toEqual([4, 5, 8, 9]);
});

test("every episode is stored with the seed it began with, where it began with one, and with the task in words", async () => {
  await recorder.start();
  episode("success", { seed: 7 });
  episode("rerecorded", { seed: 8 });
  episode();
  episode("time_limit", { seed: 9 });
  expect(await recorder.stop()).toBe(3);
  const dataset = await Dataset.open(recorder.root);
  expect(await dataset.episodeStarts()).toEqual([{ seed: 7, resets: 0 }, null, { seed: 9, resets: 0 }]);
  expect(dataset.tasks).toEqual(["pick up the cube"]);
  const { "observation.state": state, "observation.environment_state": object } = dataset.features;
  expect(state!.names).toHaveLength(18);
  expect(state!.names).toMatchObject({ 0: "joint1.pos", 7: "joint1.vel", 14: "gripper.pos", 17: "ee.z" });
  expect(object!.names).toEqual(["object.x", "object.y", "object.z"]);
  await dataset.close();
});

test("a second recording of the run continues where the first ended", async () => {
  await recorder.start();
  episode();
  await recorder.stop();
  await recorder.start();
  episode();
  expect(await recorder.stop()).toBe(2);
  expect(await recordedRewards()).toEqual([0, 1, 2, 3]);
  expect(await recorder.stop()).toBe(0);
});

test("a failed recording is reported at the end; what was saved before stays", async () => {
  await recorder.start();
  episode();
  recorder.onEpisodeStart({});
  recorder.onStep({
    experience: { observation: {}, action: new Float32Array(4), reward: 0, terminated: false, truncated: false },
  } as unknown as ActorStep);
  recorder.onEpisodeEnd({ outcome: "success" } as EpisodeEnd);
  await expect(recorder.stop()).rejects.toThrow("observation.environment_state");
  expect(await recordedRewards()).toEqual([0, 1]);
});
