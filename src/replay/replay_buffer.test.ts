import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FEATURES, makeBuffer, observation, step } from "../../test/replay/small_buffer.ts";
import { Random } from "../tensor/random.ts";
import { allocateBatch, type ReplayBatch } from "./batch.ts";
import { MAX_MAGNITUDE } from "./bounds.ts";
import { ReplayBuffer } from "./replay_buffer.ts";
import type { Transition } from "./transition.ts";

const MAX_REWARD = Math.fround(MAX_MAGNITUDE * 0.999);
/** The expected output for `transition`: a deep copy, with defaults and rounding to float32. */
function stored(transition: Transition): Transition {
  const copy = (arrays: Transition["observation"]) =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
  return {
    ...transition,
    observation: copy(transition.observation),
    action: transition.action.slice(),
    reward: Math.fround(transition.reward),
    nextObservation: copy(transition.nextObservation),
    complementaryInfo: {
      is_intervention: 1,
      discrete_penalty: Math.fround(transition.complementaryInfo?.discrete_penalty ?? -0.5),
    },
  };
}

const contents = (buffer: ReplayBuffer) => Array.from({ length: buffer.size }, (_, i) => buffer.at(i));
const nextStates = (buffer: ReplayBuffer) => contents(buffer).map((t) => t.nextObservation["observation.state"]![0]);

function batchRow(batch: ReplayBatch, row: number): Transition {
  const cut = (array: Float32Array | Uint8Array) =>
    array.slice((row * array.length) / batch.size, ((row + 1) * array.length) / batch.size);
  const observations = (arrays: ReplayBatch["observation"]) =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, cut(array)]));
  return {
    observation: observations(batch.observation),
    action: cut(batch.action) as Float32Array,
    reward: batch.reward[row]!,
    nextObservation: observations(batch.nextObservation),
    terminated: batch.done[row] === 1,
    truncated: batch.truncated[row] === 1,
    complementaryInfo: Object.fromEntries(
      Object.entries(batch.complementaryInfo).map(([name, values]) => [name, values[row]!]),
    ),
  };
}

/** Few distinct values, so that observations often agree by chance, in one feature or in all. */
const observationArbitrary = fc.record({
  state: fc.constantFrom(0, -0, 1),
  shade: fc.nat(1),
  button: fc.nat(1),
});
const streamArbitrary = fc.array(
  fc.record({
    continues: fc.boolean(),
    from: observationArbitrary,
    to: observationArbitrary,
    reward: fc.float({ noNaN: true, min: -MAX_REWARD, max: MAX_REWARD }),
    terminated: fc.boolean(),
    truncated: fc.boolean(),
    penalty: fc.option(fc.constantFrom(0, -0.1), { nil: undefined }),
    saves: fc.boolean(),
  }),
  { maxLength: 40 },
);

describe("ReplayBuffer against a list of full copies", () => {
  it("returns exactly the input, for any stream, capacity and block size, saved and restored at any point", async () => {
    await fc.assert(
      fc.asyncProperty(
        streamArbitrary,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 400 }),
        fc.maxSafeInteger(),
        async (stream, capacity, blockBytes, seed) => {
          let buffer = makeBuffer({ capacity, blockBytes, seed });
          const random = new Random(seed);
          let model: Transition[] = [];
          // The caller's own arrays, overwritten at every step as a frame grabber would.
          const [current, next] = [observation(0), observation(0)];
          for (const item of stream) {
            const { from, to } = item;
            for (const [name, array] of Object.entries(current)) {
              array.set(item.continues ? next[name]! : observation(from.state, from.shade, from.button)[name]!);
              next[name]!.set(observation(to.state, to.shade, to.button)[name]!);
            }
            const { reward, terminated, truncated, penalty } = item;
            const complementaryInfo = {
              is_intervention: 1,
              ...(penalty === undefined ? {} : { discrete_penalty: penalty }),
            };
            const flags = { reward, terminated, truncated, complementaryInfo };
            const transition = step(0, 0, { observation: current, nextObservation: next, ...flags });
            buffer.add(transition);
            model = [...model, stored(transition)].slice(-capacity);
            if (item.saves) buffer = await ReplayBuffer.restore(buffer.snapshot());

            expect(contents(buffer)).toEqual(model);
            const batch = buffer.sample(5);
            const drawn = random.fillIntegers(new Uint32Array(5), model.length);
            expect(Array.from(drawn, (_, row) => batchRow(batch, row))).toEqual(
              Array.from(drawn, (index) => model[index]),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("next observations", () => {
  it("belong to the truncated episode, not to the following one", () => {
    const buffer = makeBuffer();
    buffer.add(step(1, 2));
    buffer.add(step(2, 3, { truncated: true }));
    buffer.add(step(10, 11));
    expect(nextStates(buffer)).toEqual([2, 3, 11]);
  });

  it("are right on both sides of a gap in a stream of interventions that carries no flag", () => {
    const buffer = makeBuffer();
    for (const [from, to] of [
      [1, 2],
      [2, 3],
      [7, 8],
      [20, 21],
      [21, 22],
    ] as const) {
      buffer.add(step(from, to));
    }
    expect(nextStates(buffer)).toEqual([2, 3, 8, 21, 22]);
  });

  it("are right at the write head of a full buffer, wherever it stands", () => {
    const buffer = makeBuffer({ capacity: 5, blockBytes: 1 });
    for (let i = 0; i < 23; i++) {
      buffer.add(step(i, i + 1));
      expect(nextStates(buffer)).toEqual(Array.from({ length: buffer.size }, (_, k) => i + 2 - buffer.size + k));
    }
  });

  it("are stored once per frame: an unbroken stream takes half the frames of one that never continues", () => {
    const frameBytes = 75 + 8 + 3;
    const bytes = (stride: number) => {
      const buffer = makeBuffer({ capacity: 100, blockBytes: frameBytes });
      for (let i = 0; i < 100; i++) buffer.add(step(stride * i, stride * i + 1));
      return [...buffer.snapshot().blocks].filter(({ name }) => name.startsWith("frames")).length * frameBytes;
    };
    expect(bytes(1)).toBe(101 * frameBytes);
    expect(bytes(2)).toBe(200 * frameBytes);
  });
});

describe("sampling", () => {
  it("draws every stored transition equally often", () => {
    const buffer = makeBuffer({ capacity: 10, seed: 3 });
    for (let i = 0; i < 25; i++) buffer.add(step(i, i + 1));
    const counts = new Float64Array(25);
    for (let i = 0; i < 100; i++) for (const reward of buffer.sample(100).reward) counts[reward]! += 1;
    expect(counts.subarray(0, 15).every((count) => count === 0)).toBe(true);
    const chiSquared = counts.subarray(15).reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(27.9); // nine degrees of freedom: exceeded once in a thousand
  });

  it("depends only on the seed", () => {
    const draw = (seed: number) => {
      const buffer = makeBuffer({ seed, randomShiftPixels: 2 });
      for (let i = 0; i < 8; i++) buffer.add(step(i, i + 1));
      return [buffer.sample(16), buffer.sample(16)].map((batch) => structuredClone(batch));
    };
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).not.toEqual(draw(5));
  });

  it("gives the requested batch size, also from a buffer with fewer transitions", () => {
    const buffer = makeBuffer();
    buffer.add(step(1, 2));
    const batch = buffer.sample(64);
    expect(batch.size).toBe(64);
    expect([...batch.reward]).toEqual(new Array(64).fill(1));
  });

  it("fills the same memory again", () => {
    const buffer = makeBuffer();
    buffer.add(step(1, 2));
    expect(buffer.sample(4)).toBe(buffer.sample(4));
  });

  it("fills only the requested rows", () => {
    const buffer = makeBuffer();
    buffer.add(step(1, 2));
    const batch = allocateBatch(FEATURES, 5);
    buffer.sampleInto(batch, 1, 2);
    expect([...batch.reward]).toEqual([0, 1, 1, 0, 0]);
    const image = batch.nextObservation["observation.images.front"]!;
    expect([0, 74, 75, 224, 225].map((i) => image[i])).toEqual([0, 0, 2, 2, 0]);
  });

  it("marks terminated transitions as done and truncated ones not", () => {
    const buffer = makeBuffer({ capacity: 1 });
    buffer.add(step(1, 2, { terminated: true }));
    expect([...buffer.sample(1).done, ...buffer.sample(1).truncated]).toEqual([1, 0]);
    buffer.add(step(1, 2, { truncated: true }));
    expect([...buffer.sample(1).done, ...buffer.sample(1).truncated]).toEqual([0, 1]);
  });

  it("fails on an empty buffer, on rows outside the batch and on a batch made for other features", () => {
    const buffer = makeBuffer();
    expect(() => buffer.sample(4)).toThrow("cannot sample from an empty replay buffer");
    buffer.add(step(1, 2));
    expect(() => buffer.sample(0)).toThrow("batch size must be a positive integer, got 0");
    expect(() => buffer.sampleInto(allocateBatch(FEATURES, 4), 3, 2)).toThrow("rows 3 … 4 are not in a batch of 4");
    const other = allocateBatch({ ...FEATURES, action: { shape: [3] } }, 4);
    expect(() => buffer.sampleInto(other)).toThrow("not allocated for actions of shape [2]");
  });
});

describe("random shift", () => {
  it("moves each image of each transition by its own offset and leaves everything else alone", () => {
    const buffer = makeBuffer({ seed: 1, randomShiftPixels: 2 });
    const ramp = Uint8Array.from({ length: 75 }, (_, i) => i);
    const seen = { ...observation(1), "observation.images.front": ramp };
    buffer.add(step(0, 0, { observation: seen, nextObservation: seen }));
    const { observation: first, nextObservation: second, ...rest } = buffer.sample(400);
    // The centre pixel of channel 0, at (2, 2), shows where the image was cropped.
    const offsets = (images: Uint8Array) => Array.from({ length: 400 }, (_, row) => images[row * 75 + 12]!);
    const [a, b] = [first, second].map((arrays) => offsets(arrays["observation.images.front"] as Uint8Array));
    expect(new Set(a)).toEqual(new Set(ramp.subarray(0, 25)));
    expect(new Set(b)).toEqual(new Set(ramp.subarray(0, 25)));
    const equal = a!.filter((offset, row) => offset === b![row]).length;
    expect(equal).toBeLessThan(40); // 16 expected of independent offsets
    expect([...first["observation.state"]!.subarray(0, 2)]).toEqual([1, 0.5]);
    expect([...rest.action.subarray(0, 2)]).toEqual([0.25, 2]);
  });

  it("refuses a shift that is too large for some image, and fractional shifts", () => {
    expect(() => makeBuffer({ randomShiftPixels: 5 })).toThrow("observation.images.front: a shift of 5 pixels");
    expect(() => makeBuffer({ randomShiftPixels: 0.5 })).toThrow("whole number of pixels");
  });
});

describe("rejection", () => {
  it("counts by reason, stores nothing and stays usable", () => {
    const buffer = makeBuffer();
    buffer.add(step(1, 2));
    const bad = [
      step(2, 3, { reward: Number.NaN }),
      step(2, 3, { nextObservation: { ...observation(3), "observation.state": Float32Array.of(1, Infinity) } }),
      step(2, 3, { action: Float32Array.of(1.5, 0) }),
    ];
    for (const transition of bad) expect(() => buffer.add(transition)).toThrow("transition rejected");
    buffer.add(step(2, 3));
    expect(nextStates(buffer)).toEqual([2, 3]);
    expect(buffer.rejectedCount).toBe(3);
    expect(buffer.rejections).toEqual({ not_finite: 2, out_of_bounds: 1 });
  });

  it("survives saving: the counts are part of the snapshot", async () => {
    const buffer = makeBuffer();
    expect(() => buffer.add(step(1, 2, { reward: Infinity }))).toThrow();
    expect((await ReplayBuffer.restore(buffer.snapshot())).rejections).toEqual({ not_finite: 1 });
  });
});

describe("amending", () => {
  it("corrects a transition by its number, wherever it is now, and changes nothing else", () => {
    const buffer = makeBuffer({ capacity: 4 });
    const numbers = Array.from({ length: 7 }, (_, i) => buffer.add(step(i, i + 1)));
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const before = Array.from({ length: 4 }, (_, i) => buffer.at(i));
    expect(buffer.amend(4, { reward: -1, terminated: true })).toBe(true);
    expect(Array.from({ length: 4 }, (_, i) => buffer.at(i))).toEqual(
      before.map((each, i) => (i === 1 ? { ...each, reward: -1, terminated: true } : each)),
    );
    buffer.amend(4, { terminated: false, truncated: true });
    expect(buffer.at(1)).toMatchObject({ reward: -1, terminated: false, truncated: true });
  });

  it("reports a transition that is gone or not stored yet", () => {
    const buffer = makeBuffer({ capacity: 2 });
    for (let i = 0; i < 3; i++) buffer.add(step(i, i + 1));
    expect([0, 1, 2, 3].map((number) => buffer.amend(number, { reward: 9 }))).toEqual([false, true, true, false]);
  });

  it("refuses invalid values and then changes nothing", () => {
    const buffer = makeBuffer();
    buffer.add(step(1, 2));
    expect(() => buffer.amend(0, { truncated: true, reward: Number.NaN })).toThrow("reward is NaN");
    expect(() => buffer.amend(0, { terminated: 1 as unknown as boolean })).toThrow("terminated must be true or false");
    expect(buffer.at(0)).toMatchObject({ reward: 1, terminated: false, truncated: false });
  });

  it("keeps the numbers across saving and restoring", async () => {
    const buffer = makeBuffer({ capacity: 3 });
    for (let i = 0; i < 5; i++) buffer.add(step(i, i + 1));
    const restored = await ReplayBuffer.restore(buffer.snapshot());
    expect(restored.amend(3, { reward: 30 })).toBe(true);
    expect(restored.at(1).reward).toBe(30);
    expect(restored.add(step(5, 6))).toBe(5);
  });

  it("is detected by a snapshot that is being read", () => {
    const buffer = makeBuffer();
    buffer.add(step(1, 2));
    const blocks = buffer.snapshot().blocks[Symbol.iterator]();
    blocks.next();
    buffer.amend(0, { reward: 5 });
    expect(() => blocks.next()).toThrow("changed while its snapshot was being read");
  });
});

describe("construction", () => {
  it.each([0, -1, 1.5, 2 ** 29 + 1, Number.NaN])("refuses a capacity of %d", (capacity) => {
    expect(() => makeBuffer({ capacity })).toThrow("capacity must be an integer from 1 to 2²⁹");
  });

  it("refuses an index without a transition", () => {
    const buffer = makeBuffer();
    expect(() => buffer.at(0)).toThrow("index must be an integer in [0, 0), got 0");
  });
});

describe("quarantine", () => {
  it("keeps a transition from ever being drawn, across saving and restoring, and leaves the other draws alone", async () => {
    const buffer = makeBuffer();
    for (let n = 0; n < 6; n++) buffer.add(step(n, n + 1));
    buffer.quarantine(2);
    buffer.quarantine(99);
    expect(buffer.quarantinedCount).toBe(1);
    const restored = await ReplayBuffer.restore(buffer.snapshot());
    for (const each of [buffer, restored]) {
      const batch = each.sample(200);
      expect(new Set(batch.numbers)).toEqual(new Set([0, 1, 3, 4, 5]));
      expect([...batch.reward]).toEqual([...batch.numbers]);
    }
    for (let n = 6; n < 12; n++) buffer.add(step(n, n + 1));
    expect(buffer.quarantinedCount).toBe(0);
  });

  it("loads out-of-bounds values of an earlier version, and names the transitions", async () => {
    const buffer = makeBuffer();
    for (let n = 0; n < 4; n++) buffer.add(step(n, n + 1));
    const { state, blocks } = buffer.snapshot();
    const poisoned = [...blocks].map((block) => {
      const values = block.arrays["observation.state"];
      if (values === undefined) return block;
      return { ...block, arrays: { ...block.arrays, "observation.state": (values as Float32Array).with(4, 3e38) } };
    });
    const warnings: string[] = [];
    const restored = await ReplayBuffer.restore({ state, blocks: poisoned }, { warn: (each) => warnings.push(each) });
    expect(warnings).toEqual([
      "2 of 4 stored transitions hold numbers beyond ±2000000000000 and are left out of training: 1, 2",
    ]);
    expect(new Set(restored.sample(100).numbers)).toEqual(new Set([0, 3]));
    expect(restored.magnitudeOf(1)).toBeGreaterThan(1e38);
    expect(restored.magnitudeOf(77)).toBeUndefined();
  });

  it("fails with a clear error if only quarantined transitions are left", () => {
    const buffer = makeBuffer();
    buffer.add(step(0, 1));
    buffer.quarantine(0);
    expect(() => buffer.sample(1)).toThrow("every transition of the replay buffer is quarantined");
  });
});
