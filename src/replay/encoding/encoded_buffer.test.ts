import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { float32ToFloat16 } from "../../tensor/half.ts";
import { allocateBatch } from "../batch.ts";
import type { ReplayFeatures } from "../features.ts";
import { forecastReplayMemory } from "../layout.ts";
import { ReplayArchive } from "../replay_archive.ts";
import { ReplayBuffer } from "../replay_buffer.ts";
import type { Transition } from "../transition.ts";

const IMAGE = "observation.image";
const STATE = "observation.state";
const FEATURES: ReplayFeatures = {
  observation: { [IMAGE]: { dtype: "uint8", shape: [3, 4, 4] }, [STATE]: { dtype: "float32", shape: [1] } },
  action: { shape: [1] },
};
const SHAPE = [2, 1, 1];
const VARIANTS = 3;

const encodingOf = (keepsImages = true) => ({
  encoder: "e1",
  shapes: { [IMAGE]: SHAPE },
  variants: VARIANTS,
  keepsImages,
});

function makeBuffer({ keepsImages = true, capacity = 50, blockBytes = 256 } = {}): ReplayBuffer {
  return new ReplayBuffer({ features: FEATURES, capacity, seed: 1, blockBytes, encoding: encodingOf(keepsImages) });
}

const observe = (number: number) => ({
  [IMAGE]: new Uint8Array(48).fill(number),
  [STATE]: Float32Array.of(number),
});

/** Transition n leads from observation n to n + 1; every tenth begins anew, without a frame of the one before. */
function transitionOf(n: number): Transition {
  const from = n % 10 === 0 ? n + 0.5 : n;
  return {
    observation: { ...observe(n), [STATE]: Float32Array.of(from) },
    action: Float32Array.of(0),
    reward: n,
    nextObservation: observe(n + 1),
    terminated: false,
    truncated: false,
  };
}

/** "Encodes" an image to its first byte and the variant: exact in 16 bits. */
function encodeOne(buffer: ReplayBuffer): boolean {
  const waiting = buffer.nextWaiting;
  if (waiting === undefined) return false;
  const [byte] = waiting.images[IMAGE]!;
  const values = Array.from({ length: VARIANTS }, (_, variant) => [byte!, variant]).flat();
  buffer.storeEncoded(waiting.frame, { [IMAGE]: float32ToFloat16(Float32Array.from(values)) });
  return true;
}

function encodeAll(buffer: ReplayBuffer): void {
  while (encodeOne(buffer));
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-encoded-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a buffer with encoded images", () => {
  it.each([true, false])("draws the features of both observations in their place (images kept: %s)", (keepsImages) => {
    const buffer = makeBuffer({ keepsImages });
    for (let n = 0; n < 40; n++) buffer.add(transitionOf(n));
    encodeAll(buffer);
    const batch = buffer.sample(200);
    const variants = new Set<string>();
    for (let row = 0; row < 200; row++) {
      const n = batch.reward[row]!;
      expect(batch.observation[IMAGE]![2 * row]).toBe(n);
      expect(batch.nextObservation[IMAGE]![2 * row]).toBe(n + 1);
      expect(batch.nextObservation[STATE]![row]).toBe(n + 1);
      variants.add(`${batch.observation[IMAGE]![2 * row + 1]} ${batch.nextObservation[IMAGE]![2 * row + 1]}`);
    }
    expect(variants.size).toBe(VARIANTS ** 2);
    expect(buffer.drawnFeatures.observation[IMAGE]).toEqual({
      dtype: "float32",
      shape: SHAPE,
      encodedFrom: [3, 4, 4],
    });
  });

  it("draws only transitions whose two frames are encoded, and tells a mixer of those alone", () => {
    const buffer = makeBuffer();
    for (let n = 1; n < 6; n++) buffer.add(transitionOf(n));
    const { source } = buffer;
    expect([buffer.size, buffer.drawable, buffer.waitingFrames, source.size]).toEqual([5, 0, 6, 0]);
    expect(() => buffer.sample(4)).toThrow("all images of the replay buffer wait to be encoded");
    encodeOne(buffer);
    expect(source.size).toBe(0);
    encodeOne(buffer);
    encodeOne(buffer);
    expect([source.size, buffer.waitingFrames]).toEqual([2, 3]);
    const batch = allocateBatch(source.features, 50);
    source.sampleInto(batch);
    expect(new Set(batch.reward)).toEqual(new Set([1, 2]));
    encodeAll(buffer);
    expect(source.size).toBe(5);
  });

  it("keeps images only until they are encoded, where they are not to be kept", () => {
    const [dropping, keeping] = [makeBuffer({ keepsImages: false }), makeBuffer()];
    for (const buffer of [dropping, keeping]) {
      for (let n = 1; n < 9; n++) buffer.add(transitionOf(n));
      expect(buffer.at(3)).toEqual({ ...transitionOf(4), complementaryInfo: {} });
      encodeAll(buffer);
    }
    expect([dropping.holdsImages, keeping.holdsImages]).toEqual([false, true]);
    expect(keeping.at(3)).toEqual({ ...transitionOf(4), complementaryInfo: {} });
    expect(dropping.at(3).observation).toEqual({ [STATE]: Float32Array.of(4) });
    // The newest frame's image is still there: the next transition begins with it, and needs no frame of its own.
    dropping.add(transitionOf(9));
    expect(dropping.waitingFrames).toBe(1);
  });

  it.each([true, false])("drops the oldest, encoded or not (images kept: %s)", (keepsImages) => {
    const buffer = makeBuffer({ keepsImages, capacity: 12 });
    for (let n = 0; n < 60; n++) {
      buffer.add(transitionOf(n));
      if (n < 20) encodeOne(buffer);
    }
    expect(buffer.drawable).toBe(0);
    encodeAll(buffer);
    expect([buffer.size, buffer.drawable, buffer.waitingFrames]).toEqual([12, 12, 0]);
    const batch = buffer.sample(100);
    for (let row = 0; row < 100; row++) expect(batch.observation[IMAGE]![2 * row]).toBe(batch.reward[row]);
  });

  it("refuses features out of turn, or of another length, and ignores those of a frame that is gone", () => {
    const buffer = makeBuffer({ capacity: 2 });
    for (let n = 1; n < 4; n++) buffer.add(transitionOf(n));
    const features = { [IMAGE]: new Uint16Array(6) };
    expect(() => buffer.storeEncoded(3, features)).toThrow("frames are encoded in order: the next is 1, got 3");
    expect(() => buffer.storeEncoded(1, { [IMAGE]: new Uint16Array(5) })).toThrow(`${IMAGE}: a frame has 6 encoded`);
    buffer.storeEncoded(0, features);
    expect(buffer.nextWaiting?.frame).toBe(1);
  });

  it("never draws a quarantined transition, also when all others wait", () => {
    const buffer = makeBuffer();
    for (let n = 1; n < 6; n++) buffer.add(transitionOf(n));
    for (let i = 0; i < 3; i++) encodeOne(buffer);
    buffer.quarantine(0);
    expect(new Set(buffer.sample(50).reward)).toEqual(new Set([2]));
    buffer.quarantine(1);
    expect(() => buffer.sample(4)).toThrow("every transition of the replay buffer is quarantined");
  });

  it.each([
    { keepsImages: true, encoded: 7 },
    { keepsImages: false, encoded: 7 },
    { keepsImages: true, encoded: 0 },
    { keepsImages: false, encoded: 1000 },
  ])("comes back from disk with what waits (kept: $keepsImages, encoded: $encoded)", async (row) => {
    const buffer = makeBuffer(row);
    for (let n = 0; n < 25; n++) buffer.add(transitionOf(n));
    for (let i = 0; i < row.encoded && encodeOne(buffer); i++);
    await new ReplayArchive(folder).save(buffer);
    const restored = await new ReplayArchive(folder).load();
    expect(restored.encoding).toEqual(encodingOf(row.keepsImages));
    expect(restored.waitingFrames).toBe(buffer.waitingFrames);
    for (const each of [buffer, restored]) {
      for (let n = 25; n < 40; n++) each.add(transitionOf(n));
      encodeAll(each);
    }
    expect(restored.snapshot().state).toEqual(buffer.snapshot().state);
    for (let i = 0; i < 3; i++) expect(restored.sample(64)).toEqual(buffer.sample(64));
    expect(Array.from({ length: 40 }, (_, i) => restored.at(i))).toEqual(
      Array.from({ length: 40 }, (_, i) => buffer.at(i)),
    );
  });

  it("writes a block again that was saved before its frames were encoded", async () => {
    const buffer = makeBuffer();
    for (let n = 0; n < 25; n++) buffer.add(transitionOf(n));
    const archive = new ReplayArchive(folder);
    await archive.save(buffer);
    encodeAll(buffer);
    await archive.save(buffer);
    const restored = await new ReplayArchive(folder).load();
    expect([restored.drawable, restored.waitingFrames]).toEqual([25, 0]);
    expect(restored.sample(64)).toEqual(buffer.sample(64));
    expect(await archive.save(buffer)).toBeLessThan(4);
  });

  it("notices features that are stored while its snapshot is read", () => {
    const buffer = makeBuffer();
    for (let n = 0; n < 5; n++) buffer.add(transitionOf(n));
    const blocks = buffer.snapshot().blocks[Symbol.iterator]();
    blocks.next();
    encodeOne(buffer);
    expect(() => blocks.next()).toThrow("changed while its snapshot was being read");
  });

  it("refuses a snapshot with frames that have neither features nor images", async () => {
    const buffer = makeBuffer({ keepsImages: false });
    for (let n = 0; n < 9; n++) buffer.add(transitionOf(n));
    encodeAll(buffer);
    const { state, blocks } = buffer.snapshot();
    const encoding = { ...state.encoding!, encoded: 3 };
    await expect(ReplayBuffer.restore({ state: { ...state, encoding }, blocks })).rejects.toThrow("lack their images");
  });

  it("has its images encoded again by another encoder, if they were kept", () => {
    const buffer = makeBuffer();
    for (let n = 1; n < 9; n++) buffer.add(transitionOf(n));
    encodeAll(buffer);
    buffer.encodeAgain("e2");
    expect([buffer.encoding!.encoder, buffer.drawable, buffer.waitingFrames]).toEqual(["e2", 0, 9]);
    encodeAll(buffer);
    expect([buffer.drawable, buffer.snapshot().state.encoding!.encoder]).toEqual([8, "e2"]);
    const dropped = makeBuffer({ keepsImages: false });
    for (let n = 1; n < 9; n++) dropped.add(transitionOf(n));
    encodeAll(dropped);
    expect(() => dropped.encodeAgain("e2")).toThrow("does not hold the images of all its frames");
  });

  it.each([
    [{ variants: 0 }, "at least one variant"],
    [{ shapes: {} }, `${IMAGE}: the image encoding has no shape for it`],
    [{ shapes: { [IMAGE]: SHAPE, [STATE]: SHAPE } }, `${STATE}: only images can be encoded`],
    [{ shapes: { [IMAGE]: [2, 0, 1] } }, "encoded images are [channels, height, width], got [2, 0, 1]"],
  ])("refuses the encoding %j", (change, message) => {
    const encoding = { ...encodingOf(), ...change };
    const make = () => new ReplayBuffer({ features: FEATURES, capacity: 5, seed: 0, encoding: encoding as never });
    expect(make).toThrow(message);
  });
});

it("the forecast counts features beside the images or instead of them", () => {
  const capacity = 10_000;
  const features: ReplayFeatures = {
    observation: { [IMAGE]: { dtype: "uint8", shape: [3, 128, 128] } },
    action: { shape: [4] },
  };
  const forecast = (keepsImages: boolean, variants: number) => {
    const encoding = { encoder: "e", shapes: { [IMAGE]: [512, 4, 4] }, variants, keepsImages };
    return forecastReplayMemory(features, capacity, encoding).minimumBytes;
  };
  const images = forecastReplayMemory(features, capacity).minimumBytes;
  const block = 8 * 2 ** 20;
  // Three versions of 512 × 4 × 4 numbers of 16 bits are as large as the image of 128 × 128 pixels.
  expect(Math.abs(forecast(true, 3) - 2 * images)).toBeLessThan(8 * block);
  expect(Math.abs(forecast(false, 3) - images)).toBeLessThan(8 * block);
  expect(Math.abs(forecast(false, 1) - images / 3)).toBeLessThan(8 * block);
});
