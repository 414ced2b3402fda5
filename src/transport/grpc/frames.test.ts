import { describe, expect, it } from "vitest";
import type { RecordBatch } from "../codec/batch_codec.ts";
import { concatenate } from "../codec/pieces.ts";
import { TransferState } from "../generated/transport/services.ts";
import { type RecordFrame, readHandshake, toBatches, toFrames } from "./frames.ts";

const opening = { protocolVersion: 1, session: "robot", oldestHeld: 1 };
const batches: RecordBatch[] = [
  { firstSequence: 1, records: [new Uint8Array(10).fill(1), new Uint8Array(0)] },
  { firstSequence: 3, records: [new Uint8Array(5000).fill(2)] },
];

async function* stream<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

/** Yields the frames, then stays silent like a stalled sender. */
async function* stalled(...frames: RecordFrame[]): AsyncGenerator<RecordFrame> {
  yield* frames;
  await new Promise(() => {});
}

/** The frames as the receiver sees them. */
async function* sent(chunkBytes: number): AsyncGenerator<RecordFrame> {
  for await (const { pieces, ...frame } of toFrames(opening, stream(...batches), chunkBytes)) {
    yield { ...frame, data: concatenate(pieces) };
  }
}

async function collect(frames: AsyncIterator<RecordFrame>, timeoutS = 1): Promise<RecordBatch[]> {
  const result: RecordBatch[] = [];
  for await (const batch of toBatches(frames, 1e6, timeoutS)) result.push(batch);
  return result;
}

const begin: RecordFrame = {
  transferState: TransferState.TRANSFER_BEGIN,
  data: new Uint8Array(10),
  totalBytes: 100,
  opening: undefined,
};

describe("frames", () => {
  it.each([1, 7, 1000, 1e6])("transfer handshake and batches in chunks of %d bytes", async (chunkBytes) => {
    const frames = sent(chunkBytes);
    expect(await readHandshake(frames, 1)).toEqual(opening);
    const received = await collect(frames);
    expect(received.map(({ firstSequence }) => firstSequence)).toEqual([1, 3]);
    const bytes = (list: readonly RecordBatch[]) => list.flatMap(({ records }) => records.map((r) => Buffer.from(r)));
    expect(bytes(received)).toEqual(bytes(batches));
  });

  it("time out without a handshake or the rest of a message", async () => {
    await expect(readHandshake(stalled(), 0.02)).rejects.toMatchObject({ code: "deadline" });
    await expect(collect(stalled(begin), 0.02)).rejects.toMatchObject({ code: "deadline" });
  });

  it("may pause for any time between messages", async () => {
    const received = collect(stalled(), 0.01);
    const pause = new Promise((resolve) => setTimeout(() => resolve("still waiting"), 60));
    expect(await Promise.race([received, pause])).toBe("still waiting");
  });

  it.each<[string, RecordFrame[], string]>([
    ["that end inside a message", [begin], "ended inside a message"],
    ["with a second handshake", [{ ...begin, opening }], "second handshake"],
  ])("are refused %s", async (_name, frames, reason) => {
    await expect(collect(stream(...frames))).rejects.toThrow(reason);
  });

  it("are refused without a handshake", async () => {
    await expect(readHandshake(stream(begin), 1)).rejects.toThrow("not a handshake");
    await expect(readHandshake(stream<RecordFrame>(), 1)).rejects.toThrow("before its handshake");
  });
});
