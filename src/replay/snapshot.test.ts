import { describe, expect, it } from "vitest";
import type { ReplayFeatures } from "./features.ts";
import { ReplayBuffer } from "./replay_buffer.ts";
import type { ReplaySnapshot, ReplayState } from "./snapshot.ts";

const FEATURES: ReplayFeatures = {
  observation: { "observation.state": { dtype: "float32", shape: [1] } },
  action: { shape: [2], low: [-1, -Infinity] },
  complementaryInfo: { discrete_penalty: { default: 0 }, is_intervention: {} },
};

function add(buffer: ReplayBuffer, i: number): void {
  buffer.add({
    observation: { "observation.state": Float32Array.of(i) },
    action: Float32Array.of(0, 1e9),
    reward: i,
    nextObservation: { "observation.state": Float32Array.of(i + 1) },
    terminated: false,
    truncated: false,
    complementaryInfo: { is_intervention: 0 },
  });
}

function bufferOf(count: number): ReplayBuffer {
  const buffer = new ReplayBuffer({ features: FEATURES, capacity: 10, seed: 3, blockBytes: 64 });
  for (let i = 0; i < count; i++) add(buffer, i);
  return buffer;
}

/** A copy that owns its memory, with the state after a JSON round trip. */
function saved(buffer: ReplayBuffer, changes: object = {}): ReplaySnapshot {
  const { state, blocks } = buffer.snapshot();
  return {
    state: { ...(JSON.parse(JSON.stringify(state)) as ReplayState), ...changes },
    blocks: structuredClone([...blocks]),
  };
}

describe("a snapshot", () => {
  it("restores features, bounds and defaults through JSON", async () => {
    const restored = await ReplayBuffer.restore(saved(bufferOf(3)));
    expect(restored.features).toEqual({
      ...FEATURES,
      action: { shape: [2], low: [-1, -Infinity], high: [Infinity, Infinity] },
    });
    expect(restored.capacity).toBe(10);
  });

  it("gives a block a permanent name, and constant bytes once the block is complete", () => {
    const buffer = bufferOf(0);
    const complete = new Map<string, unknown>();
    for (let i = 0; i < 60; i++) {
      for (const block of structuredClone([...buffer.snapshot().blocks])) {
        if (complete.has(block.name)) expect(block.arrays).toEqual(complete.get(block.name));
        if (block.complete) complete.set(block.name, block.arrays);
      }
      add(buffer, i);
    }
    expect(complete.size).toBeGreaterThan(5);
  });

  it("detects a buffer that changes while its blocks are being read", () => {
    const buffer = bufferOf(5);
    const blocks = buffer.snapshot().blocks[Symbol.iterator]();
    blocks.next();
    add(buffer, 5);
    expect(() => blocks.next()).toThrow("changed while its snapshot was being read");
  });

  it("of an empty buffer restores an empty buffer with the same future draws", async () => {
    const [a, b] = [bufferOf(0), await ReplayBuffer.restore(saved(bufferOf(0)))];
    for (const buffer of [a, b]) for (let i = 0; i < 5; i++) add(buffer, i);
    expect(b.sample(16)).toEqual(a.sample(16));
  });

  it("is refused if a block is missing, out of order or of another size", async () => {
    const { state, blocks } = saved(bufferOf(9));
    const list = [...blocks];
    const restore = (changed: typeof list) => ReplayBuffer.restore({ state, blocks: changed });
    await expect(restore(list.slice(0, -1))).rejects.toThrow(/expected block transitions-\d+, found the end/);
    await expect(restore(list.toReversed())).rejects.toThrow("expected block frames-000000, found transitions-");
    const short = { ...list[0]!, arrays: { "observation.state": new Float32Array(1) } };
    await expect(restore([short, ...list.slice(1)])).rejects.toThrow(
      /frames-000000\/observation.state must be Float32Array\[\d+\], found Float32Array\[1\]/,
    );
    await expect(restore([{ ...list[0]!, arrays: {} }, ...list.slice(1)])).rejects.toThrow("found nothing");
  });

  it("is refused if a transition points outside the stored frames", async () => {
    const { state, blocks } = saved(bufferOf(4));
    const list = [...blocks];
    const transitions = list.find(({ name }) => name === "transitions-000000")!;
    // A row is: action (2), reward, terminated, truncated, frame (low and high half), two complementary numbers.
    transitions.arrays.values![5] = 77;
    await expect(ReplayBuffer.restore({ state, blocks: list })).rejects.toThrow(
      "transition 0 points outside the stored frames",
    );
  });

  it.each([
    [{ format: "something else" }, "format"],
    [{ version: 2 }, "version"],
    [{ capacity: 2 }, "holds more than its capacity"],
    [{ frames: { first: 3, end: 1, rows_per_block: 4 } }, "first must not be after end"],
    [{ frames: { first: 0, end: 1, rows_per_block: 3 } }, "must be a power of two"],
    [{ random: [0, 0, 0, 0] }, "not all zero"],
    [{ surprise: 1 }, "surprise"],
  ])("is refused with the state %j", async (changes, message) => {
    await expect(ReplayBuffer.restore(saved(bufferOf(4), changes))).rejects.toThrow(message);
  });
});
