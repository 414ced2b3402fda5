import { describe, expect, it } from "vitest";
import { WeightsBroadcast } from "./weights_broadcast.ts";

const NOTHING = { protocolVersion: 1, publisher: "", version: 0 };
const open = (box: WeightsBroadcast, session: string) =>
  box.stream({ ...NOTHING, session }, new AbortController().signal);

function boxOf(settings: { maxWeightsBytes?: number; maxActors?: number } = {}) {
  const box = new WeightsBroadcast("learner", { maxWeightsBytes: 10_000, maxActors: 64, ...settings });
  const publish = (version: number) => box.publish({ version, safetensors: new Uint8Array(1000) });
  return { box, publish };
}

describe("streams of weights", () => {
  it("share one encoded copy", async () => {
    const { box, publish } = boxOf();
    publish(1);
    const [a, b] = await Promise.all([open(box, "a").next(), open(box, "b").next()]);
    expect(a.value!.encoded).toBe(b.value!.encoded);
  });

  it("are superseded by a newer stream of their session", async () => {
    const { box, publish } = boxOf({ maxActors: 1 });
    publish(1);
    const older = open(box, "a");
    const { value } = await older.next();
    const newer = open(box, "a");
    expect((await newer.next()).done).toBe(false);
    expect(value!.signal.reason).toMatchObject({ code: "superseded" });
    await expect(older.next()).rejects.toMatchObject({ code: "superseded" });
  });

  it("are limited to a number of actors, until one of them ends", async () => {
    const { box, publish } = boxOf({ maxActors: 1 });
    publish(1);
    const only = open(box, "a");
    await only.next();
    await expect(open(box, "b").next()).rejects.toMatchObject({
      code: "unavailable",
      message: "this learner sends weights to at most 1 actors at once",
    });
    await only.return(undefined);
    expect((await open(box, "b").next()).done).toBe(false);
  });

  it("limit the memory for replaced weights to one set: the slowest reader is dropped first", async () => {
    const { box, publish } = boxOf({ maxWeightsBytes: 2500 });
    const readers = [];
    for (let version = 1; version <= 4; version++) {
      publish(version);
      const reader = open(box, `reader-${version}`);
      readers.push({ reader, offered: (await reader.next()).value! });
    }
    expect(readers.map(({ offered }) => offered.signal.aborted)).toEqual([true, false, false, false]);
    await expect(readers[0]!.reader.next()).rejects.toMatchObject({
      code: "stalled",
      message: expect.stringMatching(/reader-1 has not read its weights .* older ones take more than 2500 bytes/),
    });
  });
});
