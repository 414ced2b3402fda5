/**
 * Conformance tests of a replay store that any implementation can run. The test runner is passed in as two functions
 * (`describe` and `it` of vitest, jest or node:test), so that the package depends on none.
 */

import assert from "node:assert/strict";
import { Random } from "../tensor/random.ts";
import type { TestFunctions } from "../utils/test_functions.ts";
import { allocateBatch, type ReplayBatch } from "./batch.ts";
import type { ReplayFeatures } from "./features.ts";
import type { ReplayStore } from "./replay_source.ts";
import type { Transition } from "./transition.ts";

/** The implementation under test. */
export interface ReplayStoreSubject {
  /** A new store, without augmentation. */
  create(options: { features: ReplayFeatures; capacity: number; seed: number }): ReplayStore;
  /** Saves a store and restores it from the saved state. */
  saveAndRestore(store: ReplayStore): Promise<ReplayStore>;
}

const CAMERA = "observation.images.front";
const STATE = "observation.state";
const CAPACITY = 16;

const FEATURES: ReplayFeatures = {
  observation: { [CAMERA]: { dtype: "uint8", shape: [3, 8, 8] }, [STATE]: { dtype: "float32", shape: [2] } },
  action: { shape: [2], low: -1, high: 1 },
  complementaryInfo: { discrete_penalty: { default: 0 }, is_intervention: {} },
};

/** Observations are identified by a whole number below 256, stored in every element. */
const observe = (value: number) => ({
  [CAMERA]: new Uint8Array(192).fill(value),
  [STATE]: Float32Array.of(value, -value),
});

function transition(id: number, from: number, to: number, changes: Partial<Transition> = {}): Transition {
  return {
    observation: observe(from),
    action: Float32Array.of(id / 256, -id / 256),
    reward: id,
    nextObservation: observe(to),
    terminated: false,
    truncated: false,
    complementaryInfo: { discrete_penalty: -id, is_intervention: id % 2 },
    ...changes,
  };
}

/** Episodes with both kinds of ends, and gaps in between; every transition has its own id, which is also its reward. */
function stream(steps: number, seed: number): Transition[] {
  const random = new Random(seed);
  let value = random.integer(256);
  return Array.from({ length: steps }, (_, id) => {
    const from = value;
    const to = random.integer(256);
    const cut = random.integer(4);
    value = cut === 0 ? random.integer(256) : to;
    return transition(id, from, to, { terminated: cut === 0 && id % 3 === 0, truncated: cut === 0 && id % 3 === 1 });
  });
}

function rowIs(batched: ArrayLike<number>, row: number, expected: ArrayLike<number>): boolean {
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(batched[row * expected.length + i], expected[i])) return false;
  }
  return true;
}

/** Every row must equal one of `expected`. @returns how often each was drawn, by id. */
function assertRowsAmong(batch: ReplayBatch, expected: readonly Transition[]): Map<number, number> {
  const byId = new Map(expected.map((item) => [item.reward, item]));
  const counts = new Map<number, number>();
  for (let row = 0; row < batch.size; row++) {
    const id = batch.reward[row]!;
    const item = byId.get(id);
    assert.ok(item, `row ${row} holds transition ${id}, which is not stored`);
    for (const name of [CAMERA, STATE]) {
      for (const side of ["observation", "nextObservation"] as const) {
        assert.ok(rowIs(batch[side][name]!, row, item[side][name]!), `${side} ${name} of transition ${id}`);
      }
    }
    assert.ok(rowIs(batch.action, row, item.action), `action of transition ${id}`);
    assert.equal(batch.done[row], item.terminated ? 1 : 0, `done of transition ${id}`);
    assert.equal(batch.truncated[row], item.truncated ? 1 : 0, `truncated of transition ${id}`);
    for (const [name, value] of Object.entries(item.complementaryInfo!)) {
      assert.ok(batch.complementaryInfo[name]![row] === value, `${name} of transition ${id}`);
    }
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/**
 * Runs the suite.
 *
 * @example
 * import { describe, it } from "vitest";
 * describeReplayStore("MyBuffer", { create: (options) => new MyBuffer(options), saveAndRestore }, { describe, it });
 */
export function describeReplayStore(name: string, subject: ReplayStoreSubject, { describe, it }: TestFunctions): void {
  const create = (seed = 0) => subject.create({ features: FEATURES, capacity: CAPACITY, seed });
  const filled = (items: readonly Transition[], seed = 0) => {
    const store = create(seed);
    for (const item of items) store.add(item);
    return store;
  };

  describe(`${name} as a replay store`, () => {
    it("returns every transition unchanged, across episode ends, gaps, wrap-around and the write head", () => {
      const items = stream(70, 1);
      const store = create();
      items.forEach((item, i) => {
        store.add(item);
        const live = items.slice(Math.max(0, i + 1 - CAPACITY), i + 1);
        assert.equal(store.size, live.length);
        const counts = assertRowsAmong(store.sample(32 * CAPACITY), live);
        // A transition stays undrawn with probability e⁻³².
        assert.equal(counts.size, live.length, "every stored transition can be drawn");
      });
    });

    it("keeps copies: the caller may overwrite its arrays", () => {
      const [first, second] = [transition(1, 10, 11), transition(2, 11, 12)];
      const kept = structuredClone([first, second]);
      const store = filled([first]);
      for (const array of [...Object.values(first.observation), ...Object.values(first.nextObservation)]) array.fill(0);
      first.action.fill(0);
      store.add(second);
      assertRowsAmong(store.sample(64), kept);
    });

    it("draws uniformly", () => {
      const store = filled(stream(CAPACITY, 2), 5);
      const counts = [...assertRowsAmong(store.sample(1000 * CAPACITY), stream(CAPACITY, 2)).values()];
      const chiSquared = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      // 15 degrees of freedom: 44 is exceeded once in ten thousand.
      assert.ok(chiSquared < 44, `chi-squared is ${chiSquared}`);
    });

    it("gives the requested batch size with any number of transitions, and fails with none", () => {
      assert.throws(() => create().sample(4));
      const batch = filled([transition(3, 1, 2)]).sample(100);
      assert.equal(batch.size, 100);
      assert.equal(assertRowsAmong(batch, [transition(3, 1, 2)]).get(3), 100);
    });

    it("fills exactly the requested rows, so that two sources can share a batch", () => {
      const batch = allocateBatch(FEATURES, 6);
      filled([transition(3, 1, 2)]).sampleInto(batch, 1, 3);
      filled([transition(4, 5, 6)]).sampleInto(batch, 4);
      assert.deepEqual([...batch.reward], [0, 3, 3, 3, 4, 4]);
      assert.deepEqual([...batch.nextObservation[STATE]!], [0, 0, 2, -2, 2, -2, 2, -2, 6, -6, 6, -6]);
      assert.throws(() => filled([transition(3, 1, 2)]).sampleInto(batch, 4, 3), "rows beyond the batch");
    });

    it("is determined by its seed: equal calls give equal batches", () => {
      const draw = (seed: number) => {
        const store = filled(stream(20, 3), seed);
        return [7, 64, 7].map((size) => structuredClone(store.sample(size)));
      };
      assert.deepEqual(draw(1), draw(1));
      assert.notDeepEqual(draw(1), draw(2));
    });

    it("continues bit for bit after saving and restoring", async () => {
      const items = stream(60, 4);
      const store = filled(items.slice(0, 25), 6);
      store.sample(8);
      const restored = await subject.saveAndRestore(store);
      for (const item of items.slice(25)) {
        for (const each of [store, restored]) each.add(item);
        assert.deepEqual(restored.sample(8), store.sample(8));
      }
      assert.equal(restored.size, store.size);
    });

    it("refuses and counts transitions that do not fit, without storing them", () => {
      const good = [transition(1, 1, 2), transition(2, 2, 3)];
      const store = filled(good);
      const nan = { ...observe(4), [STATE]: Float32Array.of(Number.NaN, 0) };
      const { [CAMERA]: camera, ...incomplete } = observe(4);
      const bad: Partial<Transition>[] = [
        { observation: nan },
        { nextObservation: nan },
        { nextObservation: incomplete },
        { observation: { ...observe(4), extra: new Float32Array(1) } },
        { observation: { ...observe(4), [CAMERA]: camera!.subarray(1) } },
        { observation: { ...observe(4), [CAMERA]: new Float32Array(192) } },
        { reward: Infinity },
        { reward: 1e300 },
        { action: Float32Array.of(0, 1.5) },
        { action: new Float32Array(3) },
        { action: Float32Array.of(0, Number.NaN) },
        { complementaryInfo: {} },
        { complementaryInfo: { is_intervention: 1, other: 1 } },
        { complementaryInfo: { is_intervention: Number.NaN } },
      ];
      bad.forEach((changes, i) => {
        assert.throws(() => store.add(transition(9, 3, 4, changes)), `case ${i} was accepted`);
        assert.equal(store.rejectedCount, i + 1);
      });
      good.push(transition(3, 3, 4));
      store.add(good[2]!);
      assert.equal(assertRowsAmong(store.sample(200), good).size, 3);
    });
  });
}
