import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { STATE } from "../../../test/algorithms/small.ts";
import { dispose, smallRun } from "../../../test/learning/small_run.ts";
import { Dataset } from "../../datasets/dataset.ts";
import { readTransitions } from "../../datasets/reading/read_transitions.ts";
import { validateDataset } from "../../datasets/validation/validate.ts";
import { CheckpointStore } from "../../learning/checkpoints/checkpoint_store.ts";
import type { Transition } from "../../replay/transition.ts";
import { TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import { exportReplay } from "./export_replay.ts";
import { trajectoriesOf } from "./trajectories.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-export-"));
});
afterEach(() => rm(folder, { recursive: true }));

const ENV = { type: "gym_manipulator", name: "gym_hil", task: "PandaPickCube-v0", fps: 20 };

/** Step `step` of an actor, both encoded in its state. Episodes of five steps; every second one is cut short. */
function stepOf(actor: number, step: number): Transition {
  const observe = (number: number) => ({ [STATE]: Float32Array.of(100 * actor + number, actor, 1) });
  const isLast = step % 5 === 4;
  return {
    observation: observe(step),
    action: Float32Array.of(Math.sin(step)),
    reward: Math.fround(step / 3),
    nextObservation: observe(isLast ? step + 0.5 : step + 1),
    terminated: isLast && step % 2 === 0,
    truncated: isLast && step % 2 === 1,
  };
}

/** A run with one checkpoint: the steps of two actors that took turns. */
async function savedRun() {
  const run = smallRun();
  const steps = Array.from({ length: 40 }, (_, i) => [i % 2, Math.floor(i / 2)] as const);
  for (const [actor, step] of steps) run.buffers.online.add(stepOf(actor, step));
  const store = new CheckpointStore(join(folder, "run/checkpoints"), { onlineSteps: 1000 });
  const trainConfig = TrainRLServerPipelineConfigSchema.parse({ ...run.trainConfig, env: ENV });
  const checkpoint = await store.save({ ...run, trainConfig, step: 40 });
  await dispose(run);
  return checkpoint;
}

it("a run's buffer becomes a dataset with the same transitions, each actor's episodes whole", async () => {
  const checkpoint = await savedRun();
  const progress: number[] = [];
  const root = join(folder, "dataset");
  const onProgress = (done: number) => void progress.push(done);
  const exported = await exportReplay(join(folder, "run"), { root, onProgress });
  expect(exported).toEqual({ checkpoint, transitions: 40, episodes: 8, cutShort: 4 });
  expect(progress).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  expect((await validateDataset(root)).problems).toEqual([]);

  const dataset = await Dataset.open(root);
  expect(dataset.info).toMatchObject({ fps: 20, robot_type: "PandaPickCube-v0" });
  const read: Transition[] = [];
  for await (const transition of readTransitions(dataset)) read.push(transition);
  const actors = new Map([0, 1].map((actor) => [actor, Array.from({ length: 20 }, (_, step) => stepOf(actor, step))]));
  for (const [actor, steps] of actors) {
    const own = read.filter(({ observation }) => observation[STATE]![1] === actor);
    // The last step of an episode that was cut short has no successor in the format.
    const expected = steps.filter(({ truncated }) => !truncated);
    expect(own.map(({ observation, action, reward }) => ({ observation, action, reward }))).toEqual(
      expected.map(({ observation, action, reward }) => ({ observation, action, reward })),
    );
    const goingOn = (each: Transition) => !each.terminated;
    expect(own.filter(goingOn).map(({ nextObservation }) => nextObservation)).toEqual(
      expected.filter(goingOn).map(({ nextObservation }) => nextObservation),
    );
  }
  await dataset.close();
});

it("separates identical episodes by number, and splits a trajectory at missing steps", () => {
  const step = (episode: number | undefined, number: number, terminated = false): Transition => {
    const observe = (at: number) => ({ [STATE]: Float32Array.of(at, 0, 1) });
    const [observation, nextObservation] = [observe(number), observe(number + 1)];
    const numbers = { action: Float32Array.of(0), reward: 0, terminated, truncated: false };
    return { observation, nextObservation, ...numbers, ...(episode !== undefined && { episode }) };
  };
  // Two actors from the same start, in turns; of the first, a step is missing.
  const alike = [step(1, 0), step(2, 0), step(2, 1), step(1, 1), step(1, 3), step(2, 2, true)];
  const of = (steps: readonly Transition[]) => trajectoriesOf({ size: steps.length, at: (i) => steps[i]! });
  expect(of(alike)).toEqual([[0, 3], [1, 2, 5], [4]]);
  // Without episode numbers they cannot be distinguished.
  expect(of(alike.map(({ episode: _, ...rest }) => rest))).not.toEqual([[0, 3], [1, 2, 5], [4]]);
});

it("lists the available buffers, and reports an empty one", async () => {
  const checkpoint = await savedRun();
  const root = join(folder, "dataset");
  await expect(exportReplay(checkpoint, { root, buffer: "demos" })).rejects.toThrow(
    'has no buffer "demos"; it has: online, offline',
  );
  await expect(exportReplay(checkpoint, { root, buffer: "offline" })).rejects.toThrow('"offline" in');
  await expect(exportReplay(folder, { root })).rejects.toThrow("there is no checkpoint in");
});

it("does not export a damaged buffer", async () => {
  const checkpoint = await savedRun();
  await truncate(join(checkpoint, "replay/online/replay.json"), 10);
  await expect(exportReplay(checkpoint, { root: join(folder, "dataset") })).rejects.toThrow(/replay\.json is damaged/);
});
