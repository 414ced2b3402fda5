import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { Dataset, validateDataset } from "../datasets/index.ts";
import type { ActorStep, EpisodeEnd } from "./actor/observer.ts";
import { EpisodeRecorder } from "./episode_recorder.ts";
import { loadTrainingConfig } from "./load_training_config.ts";

let recorder: EpisodeRecorder;
let rewards = 0;

beforeEach(async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "handrail-episodes-")), "run");
  recorder = new EpisodeRecorder(
    await loadTrainingConfig("configs/pick_cube.json", { overrides: [`--output_dir=${folder}`] }),
  );
  rewards = 0;
});

/** A step whose reward numbers it. */
function step(terminated = false): void {
  const observation = {
    "observation.environment_state": new Float32Array(3),
    "observation.state": new Float32Array(18),
  };
  const experience = {
    ...{ observation, action: new Float32Array(4), reward: rewards++, nextObservation: observation },
    ...{ terminated, truncated: false, complementaryInfo: { discrete_penalty: 0, is_intervention: 1 } },
  };
  recorder.onStep({ experience } as unknown as ActorStep);
}

function episode(outcome: EpisodeEnd["outcome"] = "success"): void {
  recorder.onEpisodeStart();
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
  recorder.onEpisodeStart();
  step(); // 2: of an episode that began before
  await recorder.start();
  step(true);
  recorder.onEpisodeEnd({ outcome: "success" } as EpisodeEnd);
  episode(); // 4, 5
  episode("rerecorded"); // 6, 7
  episode("time_limit"); // 8, 9
  recorder.onEpisodeStart();
  step(); // 10: cut off
  expect(await recorder.stop()).toBe(2);
  episode();
  expect(await recordedRewards()).toEqual([4, 5, 8, 9]);
});

test("a second recording of the run goes on where the first ended", async () => {
  await recorder.start();
  episode();
  await recorder.stop();
  await recorder.start();
  episode();
  expect(await recorder.stop()).toBe(2);
  expect(await recordedRewards()).toEqual([0, 1, 2, 3]);
  expect(await recorder.stop()).toBe(0);
});

test("what could not be recorded is told at the end; what was saved before stays", async () => {
  await recorder.start();
  episode();
  recorder.onEpisodeStart();
  recorder.onStep({
    experience: { observation: {}, action: new Float32Array(4), reward: 0, terminated: false, truncated: false },
  } as unknown as ActorStep);
  recorder.onEpisodeEnd({ outcome: "success" } as EpisodeEnd);
  await expect(recorder.stop()).rejects.toThrow("observation.environment_state");
  expect(await recordedRewards()).toEqual([0, 1]);
});
