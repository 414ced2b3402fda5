/** Converts experience from replay into datasets and back. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { readTransitions, replayFeaturesOf } from "../../src/datasets/reading/read_transitions.ts";
import { stepFeatures } from "../../src/datasets/schema/step_columns.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { DatasetRecorder } from "../../src/datasets/writing/dataset_recorder.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { writeTransitions } from "../../src/datasets/writing/write_transitions.ts";
import type { ReplayFeatures } from "../../src/replay/features.ts";
import { ReplayBuffer } from "../../src/replay/replay_buffer.ts";
import type { Transition } from "../../src/replay/transition.ts";
import { Random } from "../../src/tensor/random.ts";
import { temporaryFolder } from "./support.ts";

const FEATURES: ReplayFeatures = {
  observation: {
    "observation.state": { dtype: "float32", shape: [3] },
    "observation.images.front": { dtype: "uint8", shape: [3, 8, 12] },
  },
  action: { shape: [2] },
  complementaryInfo: { discrete_penalty: {}, is_intervention: {} },
};

type Ending = "terminated" | "truncated" | "gap";

/** Episodes of random experience: each observation is the previous step's successor. */
function experience(endings: readonly Ending[], length: number): Transition[] {
  const random = new Random(7);
  const observe = () => ({
    "observation.state": random.fillNormal(new Float32Array(3)),
    "observation.images.front": Uint8Array.from({ length: 3 * 8 * 12 }, () => random.integer(256)),
  });
  return endings.flatMap((ending) => {
    let observation = observe();
    return Array.from({ length }, (_, i): Transition => {
      const last = i === length - 1;
      const transition = {
        observation,
        action: random.fillUniform(new Float32Array(2), -1, 1),
        reward: Math.fround(random.normal()),
        nextObservation: observe(),
        terminated: last && ending === "terminated",
        truncated: last && ending === "truncated",
        complementaryInfo: { discrete_penalty: Math.fround(-0.05), is_intervention: i % 2 },
      };
      observation = transition.nextObservation;
      return transition;
    });
  });
}

async function written(transitions: readonly Transition[]): Promise<{ root: string; episodes: number }> {
  const root = join(await temporaryFolder(), "steps");
  const features = stepFeatures(FEATURES, { cameras: "image", actionNames: ["x", "y"] });
  const writer = await DatasetWriter.create({ root, fps: 10, features });
  const { episodes } = await writeTransitions(writer, transitions, "pick");
  await writer.close();
  return { root, episodes };
}

it("returns every transition unchanged, and leaves out only those without a successor", async () => {
  const transitions = experience(["terminated", "truncated", "gap", "terminated"], 4);
  const { root, episodes } = await written(transitions);
  expect(episodes).toBe(4);
  expect((await validateDataset(root)).problems).toEqual([]);
  const dataset = await Dataset.open(root);
  expect(replayFeaturesOf(dataset)).toEqual(FEATURES);
  const skipped: number[] = [];
  const read: Transition[] = [];
  for await (const transition of readTransitions(dataset, { onSkipped: (episode) => skipped.push(episode) })) {
    read.push(transition);
  }
  expect(skipped).toEqual([1, 2]);
  const kept = transitions.filter((_, i) => i !== 7 && i !== 11);
  expect(read.length).toBe(kept.length);
  read.forEach((transition, i) => {
    const { nextObservation, ...rest } = kept[i]!;
    expect(transition).toMatchObject(rest);
    // Where the task ended the successor's value is 0, and its observation is not stored.
    if (!rest.terminated) expect(transition.nextObservation).toEqual(nextObservation);
  });
  await dataset.close();
});

it("is recorded from a control loop exactly as it is written from a buffer", async () => {
  const transitions = experience(["terminated"], 5);
  const features = stepFeatures(FEATURES, { cameras: "image" });
  const recorder = await DatasetRecorder.create({ root: join(await temporaryFolder(), "steps"), fps: 10, features });
  for (const transition of transitions) await recorder.recordStep(transition, "pick");
  await recorder.saveEpisode();
  await recorder.close();
  const read: Transition[][] = [];
  for (const root of [recorder.root, (await written(transitions)).root]) {
    const dataset = await Dataset.open(root);
    const steps: Transition[] = [];
    for await (const transition of readTransitions(dataset)) steps.push(transition);
    read.push(steps);
    await dataset.close();
  }
  expect(read[0]).toHaveLength(5);
  expect(read[0]).toEqual(read[1]);
});

it("repeats the last observation of a truncated episode when asked to", async () => {
  const transitions = experience(["truncated"], 3);
  const dataset = await Dataset.open((await written(transitions)).root);
  const read: Transition[] = [];
  for await (const transition of readTransitions(dataset, { truncatedEnd: "repeat" })) read.push(transition);
  expect(read.length).toBe(3);
  expect(read[2]).toMatchObject({ terminated: false, truncated: true });
  expect(read[2]!.nextObservation).toEqual(transitions[2]!.observation);
  await dataset.close();
});

it("reads next.done as the end of the task if next.truncated is absent, like LeRobot", async () => {
  const dataset = await Dataset.open(join(import.meta.dirname, "../data/lerobot_datasets/video"));
  const buffer = new ReplayBuffer({ features: replayFeaturesOf(dataset), capacity: 64, seed: 0 });
  for await (const transition of readTransitions(dataset)) buffer.add(transition);
  expect(buffer.size).toBe(dataset.length);
  const ends = dataset.episodes.map(({ toIndex }) => buffer.at(toIndex - 1));
  expect(ends.map(({ terminated }) => terminated)).toEqual([true, true, true]);
  const frame = await dataset.frame(5);
  expect(buffer.at(5).observation["observation.state"]).toEqual(frame.values["observation.state"]);
  await dataset.close();
});

it("names a feature that a dataset lacks", async () => {
  const root = join(await temporaryFolder(), "no-rewards");
  const features = { "observation.state": { dtype: "float32" as const, shape: [2] } };
  const writer = await DatasetWriter.create({ root, fps: 10, features });
  await writer.addFrame({ "observation.state": [1, 2] }, "look");
  await writer.saveEpisode();
  await writer.close();
  const dataset = await Dataset.open(root);
  expect(() => replayFeaturesOf(dataset)).toThrow('the dataset has no "action"');
  await dataset.close();
});
