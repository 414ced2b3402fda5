import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../../test/datasets/support.ts";
import type { DataSpec } from "../../../algorithms/data_spec.ts";
import { Dataset } from "../../../datasets/dataset.ts";
import { stepFeatures } from "../../../datasets/schema/step_columns.ts";
import { DatasetWriter } from "../../../datasets/writing/dataset_writer.ts";
import { writeTransitions } from "../../../datasets/writing/write_transitions.ts";
import type { ReplayFeatures } from "../../../replay/features.ts";
import type { Transition } from "../../../replay/transition.ts";
import { Random } from "../../../tensor/random.ts";
import { DatasetSource, type DatasetSourceOptions } from "./dataset_source.ts";

const STATE = "observation.state";
const FRONT = "observation.images.front";
const FEATURES: ReplayFeatures = {
  observation: { [STATE]: { dtype: "float32", shape: [2] }, [FRONT]: { dtype: "uint8", shape: [3, 2, 4] } },
  action: { shape: [1], low: -100, high: 100 },
  complementaryInfo: { is_intervention: { default: 0, flag: true } },
};
const ROWS = 9;

/** Frame f shows f everywhere and its action is f. Frames 0–4 end the task, 5–9 are cut short. */
function steps(): Transition[] {
  const observe = (frame: number) => ({
    [STATE]: Float32Array.of(frame, -frame),
    [FRONT]: new Uint8Array(24).fill(10 * frame),
  });
  return Array.from({ length: 10 }, (_, frame) => ({
    observation: observe(frame),
    action: Float32Array.of(frame),
    reward: frame === 4 ? 16 : frame,
    nextObservation: observe(frame === 4 ? 40 : frame + 1),
    terminated: frame === 4,
    truncated: frame === 9,
    complementaryInfo: { is_intervention: frame % 2 },
  }));
}

async function datasetOf(): Promise<Dataset> {
  const root = join(await temporaryFolder(), "steps");
  const writer = await DatasetWriter.create({ root, fps: 10, features: stepFeatures(FEATURES, { cameras: "image" }) });
  await writeTransitions(writer, steps(), "count");
  await writer.close();
  return await Dataset.open(root);
}

async function sourceOf(spec: DataSpec = {}, options: Partial<DatasetSourceOptions> = {}): Promise<DatasetSource> {
  const dataset = options.dataset ?? (await datasetOf());
  const random = new Random(5);
  const source = await DatasetSource.open({
    dataset,
    name: "counted",
    features: FEATURES,
    batchSize: ROWS,
    spec,
    random,
    ...options,
  });
  onTestFinished(() => source.close());
  return source;
}

/** Content of a batch, by frame. */
async function rowsOf(source: DatasetSource) {
  const batch = await source.next();
  const { size, observation, nextObservation, action, complementaryInfo } = batch;
  const part = (values: ArrayLike<number> | undefined, row: number) =>
    values && Array.from(values).slice((row * values.length) / size, ((row + 1) * values.length) / size);
  return new Map(
    Array.from(batch.numbers, (frame, row) => [
      frame,
      {
        seen: part(observation[STATE], row),
        shown: new Set(part(observation[FRONT], row)),
        next: part(nextObservation[STATE], row),
        shownNext: new Set(part(nextObservation[FRONT], row)),
        action: part(action, row),
        isPad: part(batch.actionIsPad, row),
        reward: batch.reward[row],
        done: batch.done[row],
        truncated: batch.truncated[row],
        returns: batch.returns?.[row],
        bootstrapDiscount: batch.bootstrapDiscount?.[row],
        intervention: complementaryInfo.is_intervention![row],
      },
    ]),
  );
}

it("gives single transitions by default, each usable one once per epoch, with images and extra numbers", async () => {
  const source = await sourceOf();
  expect(source.size).toBe(ROWS);
  const rows = await rowsOf(source);
  // The successor of frame 9 is not stored.
  expect([...rows.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(rows.get(3)).toMatchObject({
    seen: [3, -3],
    shown: new Set([30]),
    next: [4, -4],
    shownNext: new Set([40]),
    action: [3],
    reward: 3,
    done: 0,
    truncated: 0,
    intervention: 1,
  });
  expect(rows.get(4)).toMatchObject({ seen: [4, -4], reward: 16, done: 1, truncated: 0, intervention: 0 });
});

it("gives chunks of actions and histories of observations, padded within the episode", async () => {
  const rows = await rowsOf(
    await sourceOf({ horizon: 3, observationSteps: 2, nextObservation: false }, { batchSize: 10 }),
  );
  expect(rows.size).toBe(10);
  expect(rows.get(0)).toMatchObject({ seen: [0, -0, 0, -0], action: [0, 1, 2], isPad: [0, 0, 0], next: undefined });
  expect(rows.get(3)).toMatchObject({ seen: [2, -2, 3, -3], action: [3, 4, 4], isPad: [0, 0, 1] });
  expect(rows.get(3)!.shown).toEqual(new Set([20, 30]));
  expect(rows.get(5)).toMatchObject({ seen: [5, -5, 5, -5], action: [5, 6, 7] });
  expect(rows.get(9)).toMatchObject({ action: [9, 9, 9], isPad: [0, 1, 1], truncated: 1 });
});

it("sums rewards over several steps, up to the end of the task or of the stored data", async () => {
  const rows = await rowsOf(await sourceOf({ nStep: { steps: 3, discount: 0.5 }, returns: { discount: 0.5 } }));
  expect(rows.get(0)).toMatchObject({ reward: 0 + 0.5 + 0.5, bootstrapDiscount: 0.125, next: [3, -3], done: 0 });
  expect(rows.get(3)).toMatchObject({ reward: 3 + 8, bootstrapDiscount: 0.25, done: 1, returns: 3 + 8 });
  expect(rows.get(7)).toMatchObject({ reward: 7 + 4, bootstrapDiscount: 0.25, next: [9, -9], done: 0 });
  expect(rows.get(8)!.returns).toBe(8 + 4.5);
});

it("continues exactly where it was saved, regardless of batches read ahead", async () => {
  const dataset = await datasetOf();
  const source = await sourceOf({}, { dataset, batchSize: 4 });
  for (let i = 0; i < 3; i++) await source.next();
  const state = JSON.parse(JSON.stringify(source.state()));
  const expected = [];
  for (let i = 0; i < 5; i++) expected.push(structuredClone(await source.next()));
  const restored = await sourceOf(
    {},
    { dataset: await Dataset.open(dataset.root), batchSize: 4, random: new Random(6) },
  );
  restored.restore(state);
  for (const batch of expected) expect(await restored.next()).toEqual(batch);
});

it("keeps the previous batch intact, also without memory for images", async () => {
  const source = await sourceOf({}, { batchSize: 4, cacheBytes: 0 });
  let previous = await source.next();
  for (let i = 0; i < 6; i++) {
    const copy = structuredClone(previous);
    const latest = await source.next();
    expect(previous).toEqual(copy);
    previous = latest;
  }
});

it("refuses the position of another dataset", async () => {
  const state = (await sourceOf({ nextObservation: false })).state();
  const source = await sourceOf();
  expect(() => source.restore(state)).toThrow(
    "the dataset counted is not the one that the run was saved with: it has 9 rows to draw from, and had 10",
  );
});

it("reads observations under the policy's names, and columns that only the algorithm needs", async () => {
  const features = {
    ...FEATURES,
    observation: { "observation.arm": FEATURES.observation[STATE]! },
    complementaryInfo: {},
  };
  const spec = { columns: ["is_intervention"] };
  const source = await sourceOf(spec, { features, renameMap: { [STATE]: "observation.arm" } });
  const { observation, complementaryInfo } = await source.next();
  expect(Object.keys(observation)).toEqual(["observation.arm"]);
  expect(new Set(complementaryInfo.is_intervention)).toEqual(new Set([0, 1]));
  expect(source.missing(spec)).toEqual([]);
  expect(source.missing({ columns: ["advantage"] })).toEqual(['the column "advantage" (it has is_intervention)']);
  expect(source.missing({ horizon: 2 })).toEqual(["other windows than it was opened for"]);
});

it("names a feature that the dataset lacks or the policy cannot take", async () => {
  const observation = { "observation.arm": { dtype: "float32", shape: [2] } } as const;
  await expect(sourceOf({}, { features: { ...FEATURES, observation } })).rejects.toThrow(
    `has no observation "observation.arm"; found: ${STATE}, ${FRONT}`,
  );
  const small = { [FRONT]: { dtype: "uint8", shape: [3, 2, 2] } } as const;
  await expect(sourceOf({}, { features: { ...FEATURES, observation: small } })).rejects.toThrow(
    "is 2 × 4 × 3, and the policy takes 2 × 2 × 3",
  );
  const weak = { ...FEATURES, action: { shape: [1], low: -6, high: 6 } };
  await expect(sourceOf({}, { features: weak })).rejects.toThrow("frame 7: transition rejected: action[0] is 7");
});
