import { describe, expect, it } from "vitest";
import { ExperienceStore } from "./experience_store.ts";
import type { ReplayFeatures } from "./features.ts";
import { replayLayout } from "./layout.ts";
import type { Transition } from "./transition.ts";

const FEATURES: ReplayFeatures = {
  observation: { "observation.state": { dtype: "float32", shape: [1] } },
  action: { shape: [1] },
};

const step = (from: number, to: number): Transition => ({
  observation: { "observation.state": Float32Array.of(from) },
  action: Float32Array.of(0),
  reward: from,
  nextObservation: { "observation.state": Float32Array.of(to) },
  terminated: false,
  truncated: false,
});

const pairs = (store: ExperienceStore) =>
  Array.from({ length: store.size }, (_, i) => {
    const { observation, nextObservation } = store.read(i);
    return [observation["observation.state"]![0], nextObservation["observation.state"]![0]];
  });

describe("ExperienceStore", () => {
  it("finds its frames when their numbers pass 2³²", () => {
    const start = { first: 2 ** 32 - 4, end: 2 ** 32 - 4 };
    const store = new ExperienceStore(FEATURES, replayLayout(FEATURES, 5, 8), 5, { frames: start });
    for (let i = 0; i < 12; i++) {
      store.append(step(i, i + 1));
      expect(pairs(store)).toEqual(
        Array.from({ length: store.size }, (_, k) => [i + 1 - store.size + k, i + 2 - store.size + k]),
      );
    }
    expect(store.frames.end).toBeGreaterThan(2 ** 32);
  });

  it("shares a frame whenever the bytes agree, also across an episode's end", () => {
    const store = new ExperienceStore(FEATURES, replayLayout(FEATURES, 5), 5);
    store.append({ ...step(1, 2), terminated: true });
    store.append(step(2, 3));
    expect(store.frames.size).toBe(3);
    store.append(step(9, 10));
    expect(store.frames.size).toBe(5);
    expect(pairs(store)).toEqual([
      [1, 2],
      [2, 3],
      [9, 10],
    ]);
  });

  it("drops frames used only by dropped transitions", () => {
    const store = new ExperienceStore(FEATURES, replayLayout(FEATURES, 2), 2);
    for (let i = 0; i < 6; i++) store.append(step(10 * i, 10 * i + 1));
    expect([store.size, store.frames.size]).toEqual([2, 4]);
  });
});
