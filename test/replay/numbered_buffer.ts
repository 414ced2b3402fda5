/** Buffers whose content is derived from a number, for tests that save them in this process and in others. */

import assert from "node:assert/strict";
import type { ReplayFeatures } from "../../src/replay/features.ts";
import { ReplayBuffer } from "../../src/replay/replay_buffer.ts";

const FEATURES: ReplayFeatures = {
  observation: {
    "observation.images.front": { dtype: "uint8", shape: [3, 8, 8] },
    "observation.state": { dtype: "float32", shape: [3] },
  },
  action: { shape: [2], low: -1, high: 1 },
  complementaryInfo: { is_intervention: {} },
};

export function addTo(buffer: ReplayBuffer, from: number, count: number): void {
  const observe = (i: number) => ({
    "observation.images.front": new Uint8Array(192).fill(i),
    "observation.state": Float32Array.of(i, i / 3, -i),
  });
  for (let i = from; i < from + count; i++) {
    buffer.add({
      observation: observe(i),
      action: Float32Array.of(0.1, -0.1),
      reward: i,
      nextObservation: observe(i + 1),
      terminated: false,
      truncated: i % 5 === 0,
      complementaryInfo: { is_intervention: i % 2 },
    });
  }
}

export function bufferOf(count: number, seed = 1): ReplayBuffer {
  const options = { features: FEATURES, capacity: 60, seed, blockBytes: 1024, randomShiftPixels: 2 };
  const buffer = new ReplayBuffer(options);
  addTo(buffer, 0, count);
  return buffer;
}

/** Equal now and after more draws and additions: content, position and generator. */
export function expectSame(a: ReplayBuffer, b: ReplayBuffer): void {
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(a.sample(16), b.sample(16));
    for (const buffer of [a, b]) addTo(buffer, 1000 + 30 * i, 30);
  }
  assert.equal(a.size, b.size);
  for (let i = 0; i < a.size; i++) assert.deepEqual(a.at(i), b.at(i));
}
