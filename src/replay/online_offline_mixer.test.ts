import { describe, expect, it } from "vitest";
import type { ReplayFeatures } from "./features.ts";
import { OnlineOfflineMixer } from "./online_offline_mixer.ts";
import { ReplayBuffer } from "./replay_buffer.ts";

const FEATURES: ReplayFeatures = {
  observation: { "observation.state": { dtype: "float32", shape: [1] } },
  action: { shape: [1] },
};

/** A buffer whose transitions all have the reward `reward`. */
function bufferOf(reward: number, count = 10, features = FEATURES): ReplayBuffer {
  const buffer = new ReplayBuffer({ features, capacity: 100, seed: reward });
  for (let i = 0; i < count; i++) add(buffer, reward, i);
  return buffer;
}

function add(buffer: ReplayBuffer, reward: number, i: number): void {
  const observation = { "observation.state": Float32Array.of(i) };
  const nextObservation = { "observation.state": Float32Array.of(i + 1) };
  buffer.add({
    observation,
    action: new Float32Array(1),
    reward,
    nextObservation,
    terminated: false,
    truncated: false,
  });
}

const ONLINE = 1;
const OFFLINE = 2;

describe("OnlineOfflineMixer", () => {
  it.each([
    { onlineRatio: 0.5, batchSize: 256, onlineRows: 128 },
    { onlineRatio: 0.5, batchSize: 7, onlineRows: 3 },
    { onlineRatio: 0.3, batchSize: 10, onlineRows: 3 },
    { onlineRatio: 0, batchSize: 8, onlineRows: 1 },
    { onlineRatio: 1, batchSize: 8, onlineRows: 8 },
    { onlineRatio: 0.5, batchSize: 1, onlineRows: 1 },
  ])("puts $onlineRows online rows first in a batch of $batchSize at ratio $onlineRatio", (row) => {
    const { onlineRatio, batchSize, onlineRows } = row;
    const mixer = new OnlineOfflineMixer({ online: bufferOf(ONLINE), offline: bufferOf(OFFLINE), onlineRatio });
    const { reward } = mixer.sample(batchSize);
    expect([...reward]).toEqual(Array.from({ length: batchSize }, (_, i) => (i < onlineRows ? ONLINE : OFFLINE)));
  });

  it("draws everything online while the offline source is empty, saying why once, and mixes as soon as it is not", () => {
    const warnings: string[] = [];
    const offline = bufferOf(OFFLINE, 0);
    const mixer = new OnlineOfflineMixer({
      online: bufferOf(ONLINE),
      offline,
      warn: (message) => warnings.push(message),
    });
    for (let i = 0; i < 3; i++) expect(new Set(mixer.sample(8).reward)).toEqual(new Set([ONLINE]));
    expect(warnings).toEqual(["the offline source is empty: batches of 8 are all online instead of 4"]);
    add(offline, OFFLINE, 0);
    expect([...mixer.sample(4).reward]).toEqual([ONLINE, ONLINE, OFFLINE, OFFLINE]);
    expect(warnings).toHaveLength(1);
  });

  it("draws everything online, silently, when there is no offline source", () => {
    const warnings: string[] = [];
    const mixer = new OnlineOfflineMixer({ online: bufferOf(ONLINE), warn: (message) => warnings.push(message) });
    expect([...mixer.sample(4).reward]).toEqual([ONLINE, ONLINE, ONLINE, ONLINE]);
    expect(warnings).toEqual([]);
  });

  it("fails while the online source is empty", () => {
    const mixer = new OnlineOfflineMixer({ online: bufferOf(ONLINE, 0), offline: bufferOf(OFFLINE) });
    expect(() => mixer.sample(4)).toThrow("the online source is empty");
  });

  it("goes on iterating once there is something to draw from", () => {
    const online = bufferOf(ONLINE, 0);
    const batches = new OnlineOfflineMixer({ online }).iterator(2);
    expect(() => batches.next()).toThrow(RangeError);
    add(online, ONLINE, 0);
    expect(batches.next()).toMatchObject({ done: false, value: { size: 2 } });
  });

  it("refuses sources with different features when it is made, not when a batch is", () => {
    const features = { ...FEATURES, complementaryInfo: { discrete_penalty: { default: 0 } } };
    const sources = { online: bufferOf(ONLINE, 0), offline: bufferOf(OFFLINE, 0, features) };
    expect(() => new OnlineOfflineMixer(sources)).toThrow(
      "complementary info discrete_penalty: absent (the online source), float32 (the offline source)",
    );
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses a ratio of %d", (onlineRatio) => {
    expect(() => new OnlineOfflineMixer({ online: bufferOf(ONLINE), onlineRatio })).toThrow(
      "onlineRatio must be in [0, 1]",
    );
  });

  it("iterates over the batches that sample would give, keeping the one before the latest intact", () => {
    const make = () => new OnlineOfflineMixer({ online: bufferOf(ONLINE, 90), offline: bufferOf(OFFLINE, 90) });
    const sampled = make();
    const iterator = make().iterator(16);
    let previous = iterator.next().value!;
    let expected = structuredClone(sampled.sample(16));
    for (let i = 0; i < 5; i++) {
      const latest = iterator.next().value!;
      expect(previous).toEqual(expected);
      expect(latest).not.toBe(previous);
      previous = latest;
      expected = structuredClone(sampled.sample(16));
    }
  });
});
