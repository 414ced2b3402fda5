import { describe, expect, it } from "vitest";
import { Tensor } from "../../tensor/index.ts";
import { parseSafetensors, serializeSafetensors } from "../../tensor/safetensors/bytes.ts";
import { inTwoFiles } from "../codec/all_weights.ts";
import { decodeWeights } from "../codec/weights_codec.ts";
import { WeightsBroadcast } from "./weights_broadcast.ts";

const NOTHING = { protocolVersion: 1, publisher: "", version: 0 };
const open = (box: WeightsBroadcast, session: string) =>
  box.stream({ ...NOTHING, session }, new AbortController().signal);

function boxOf(settings: { maxWeightsBytes?: number; maxActors?: number } = {}) {
  const box = new WeightsBroadcast("learner", { maxWeightsBytes: 10_000, maxActors: 64, ...settings });
  const publish = (version: number) => box.publish({ version, safetensors: new Uint8Array(1000) });
  return { box, publish };
}

describe("frozen weights", () => {
  const tensors = (names: readonly string[]) => {
    return Object.fromEntries(names.map((name) => [name, Tensor.of([200], new Float32Array(200).fill(name.length))]));
  };
  const { frozen } = inTwoFiles(tensors(["a", "frozen"]), new Set(["frozen"]));
  const publish = (box: WeightsBroadcast, version: number) =>
    box.publish({ version, safetensors: serializeSafetensors(tensors(["a"])), frozen });
  const next = async (stream: ReturnType<typeof open>) => decodeWeights((await stream.next()).value!.encoded);
  const ask = (box: WeightsBroadcast, session: string, heldFrozen?: string) =>
    box.stream({ ...NOTHING, session, heldFrozen }, new AbortController().signal);

  it("are sent once in a stream, and to an actor that holds them not at all", async () => {
    const { box } = boxOf();
    publish(box, 1);
    const [fresh, holder] = [ask(box, "fresh", ""), ask(box, "holder", frozen!.sha256)];
    expect((await next(fresh)).frozen).toEqual({
      ...frozen,
      safetensors: new Uint8Array(frozen!.safetensors),
    });
    for (let version = 2; version < 4; version++) {
      expect((await next(holder)).frozen!.safetensors.length).toBe(0);
      publish(box, version);
      const { encoded } = (await fresh.next()).value!;
      expect(encoded.length).toBeLessThan(1300);
      expect(decodeWeights(encoded)).toMatchObject({ version, frozen: { sha256: frozen!.sha256 } });
    }
    expect((await next(ask(box, "other", "of another run"))).frozen!.safetensors.length).toBeGreaterThan(800);
  });

  it("are in the file of an actor that knows nothing of them", async () => {
    const { box } = boxOf();
    publish(box, 1);
    const weights = await next(ask(box, "old"));
    expect(weights.frozen).toBeUndefined();
    expect(parseSafetensors(weights.safetensors, "weights").tensors).toEqual(tensors(["a", "frozen"]));
  });

  it("count for the limit", () => {
    const { box } = boxOf({ maxWeightsBytes: 1500 });
    expect(() => publish(box, 1)).toThrow("maxWeightsBytes is 1500");
  });
});

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
