import { describe, expect, it } from "vitest";
import type { ReplayFeatures } from "../../replay/features.ts";
import { ReplayBuffer } from "../../replay/replay_buffer.ts";
import { OnlineOfflineMixer } from "./online_offline_mixer.ts";

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
  ])("puts $onlineRows online rows first in a batch of $batchSize at ratio $onlineRatio", async (row) => {
    const { onlineRatio, batchSize, onlineRows } = row;
    const sources = { online: bufferOf(ONLINE), offline: bufferOf(OFFLINE) };
    const { reward } = await new OnlineOfflineMixer({ ...sources, onlineRatio, batchSize }).next();
    expect([...reward]).toEqual(Array.from({ length: batchSize }, (_, i) => (i < onlineRows ? ONLINE : OFFLINE)));
  });

  it("draws everything online while the offline source is empty, warns once, and then mixes", async () => {
    const warnings: string[] = [];
    const offline = bufferOf(OFFLINE, 0);
    const mixer = new OnlineOfflineMixer({
      online: bufferOf(ONLINE),
      offline,
      batchSize: 8,
      warn: (message) => warnings.push(message),
    });
    for (let i = 0; i < 3; i++) expect(new Set((await mixer.next()).reward)).toEqual(new Set([ONLINE]));
    expect(warnings).toEqual(["the offline source is empty: batches of 8 are all online instead of 4"]);
    add(offline, OFFLINE, 0);
    expect([...(await mixer.next()).reward]).toEqual([...Array(4).fill(ONLINE), ...Array(4).fill(OFFLINE)]);
    expect(warnings).toHaveLength(1);
  });

  it("draws everything online, without a warning, if no offline source is given", async () => {
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const mixer = new OnlineOfflineMixer({ online: bufferOf(ONLINE), batchSize: 4, warn });
    expect([...(await mixer.next()).reward]).toEqual([ONLINE, ONLINE, ONLINE, ONLINE]);
    expect(warnings).toEqual([]);
  });

  it("is ready, and has a batch, once the online source has a transition", async () => {
    const online = bufferOf(ONLINE, 0);
    const mixer = new OnlineOfflineMixer({ online, offline: bufferOf(OFFLINE), batchSize: 2 });
    expect(mixer.isReady).toBe(false);
    await expect(mixer.next()).rejects.toThrow("the online source is empty");
    add(online, ONLINE, 0);
    expect(mixer.isReady).toBe(true);
    expect(await mixer.next()).toMatchObject({ size: 2 });
  });

  it("lists what it cannot supply: more than single transitions, and columns that are not stored", () => {
    const mixer = new OnlineOfflineMixer({ online: bufferOf(ONLINE), batchSize: 2 });
    expect(mixer.missing({ nextObservation: false, horizon: 1 })).toEqual([]);
    const spec = { horizon: 8, observationSteps: 2, nStep: { steps: 3, discount: 0.9 }, returns: { discount: 1 } };
    expect(mixer.missing({ ...spec, columns: ["is_intervention"] })).toEqual([
      "chunks of 8 actions",
      "2 observations per row",
      "rewards over 3 steps",
      "returns",
      'the column "is_intervention" (it has none)',
    ]);
  });

  it("refuses sources with different features at construction, not at the first batch", () => {
    const features = { ...FEATURES, complementaryInfo: { discrete_penalty: { default: 0 } } };
    const sources = { online: bufferOf(ONLINE, 0), offline: bufferOf(OFFLINE, 0, features), batchSize: 2 };
    expect(() => new OnlineOfflineMixer(sources)).toThrow(
      "complementary info discrete_penalty: absent (the online source), float32 (the offline source)",
    );
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses a ratio of %d", (onlineRatio) => {
    expect(() => new OnlineOfflineMixer({ online: bufferOf(ONLINE), onlineRatio, batchSize: 2 })).toThrow(
      "onlineRatio must be in [0, 1]",
    );
  });

  it.each([0, 1.5, Number.NaN])("refuses a batch of %d rows", (batchSize) => {
    expect(() => new OnlineOfflineMixer({ online: bufferOf(ONLINE), batchSize })).toThrow(
      "batch size must be a positive integer",
    );
  });

  it("keeps the previous batch intact", async () => {
    const make = () =>
      new OnlineOfflineMixer({ online: bufferOf(ONLINE, 90), offline: bufferOf(OFFLINE, 90), batchSize: 16 });
    const [mixer, copied] = [make(), make()];
    let previous = await mixer.next();
    let expected = structuredClone(await copied.next());
    for (let i = 0; i < 5; i++) {
      const latest = await mixer.next();
      expect(previous).toEqual(expected);
      expect(latest).not.toBe(previous);
      previous = latest;
      expected = structuredClone(await copied.next());
    }
  });
});
