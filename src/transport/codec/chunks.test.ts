import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TransferState } from "../generated/transport/services.ts";
import { type Chunk, ChunkAssembler, splitIntoChunks } from "./chunks.ts";
import { concatenate } from "./pieces.ts";

const { TRANSFER_BEGIN: BEGIN, TRANSFER_MIDDLE: MIDDLE, TRANSFER_END: END } = TransferState;

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);
const chunk = (transferState: TransferState, data: Uint8Array, totalBytes = 0): Chunk => ({
  transferState,
  data,
  totalBytes,
});
const split = (payload: Uint8Array, chunkBytes: number): Chunk[] =>
  [...splitIntoChunks([payload], chunkBytes)].map(({ pieces, ...rest }) => ({ ...rest, data: concatenate(pieces) }));

describe("chunks", () => {
  it("reassemble to the original payload, for all sizes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1 }).filter((parts) => parts.some((p) => p.length > 0)),
        fc.integer({ min: 1, max: 50 }),
        (pieces, chunkBytes) => {
          const assembler = new ChunkAssembler(1 << 20);
          const results = [...splitIntoChunks(pieces, chunkBytes)].map((outgoing) =>
            assembler.push({ ...outgoing, data: concatenate(outgoing.pieces) }),
          );
          expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
          expect(Buffer.from(results.at(-1)!).equals(Buffer.concat(pieces))).toBe(true);
        },
      ),
    );
  });

  it("a payload that fits one chunk is a single END that declares its size", () => {
    expect(split(bytes(5), 5)).toEqual([chunk(END, bytes(5), 5)]);
  });

  it("only the first chunk declares the size", () => {
    const states = split(bytes(11), 5).map(({ transferState, totalBytes }) => [transferState, totalBytes]);
    expect(states).toEqual([
      [BEGIN, 11],
      [MIDDLE, 0],
      [END, 0],
    ]);
  });

  it.each<[string, Chunk[], string]>([
    ["an unknown transfer state", [chunk(0, bytes(1), 1)], "transfer state 0"],
    ["a transfer state from the future", [chunk(9 as TransferState, bytes(1), 1)], "transfer state 9"],
    ["MIDDLE without BEGIN", [chunk(MIDDLE, bytes(1))], "MIDDLE without BEGIN"],
    ["BEGIN inside a message", [chunk(BEGIN, bytes(1), 9), chunk(BEGIN, bytes(1), 9)], "BEGIN inside"],
    ["a frame without data", [chunk(BEGIN, bytes(0), 9)], "no data"],
    ["a lone END with another size", [chunk(END, bytes(2), 3)], "declares 3 bytes, has 2"],
    ["a message that ends early", [chunk(BEGIN, bytes(2), 9), chunk(END, bytes(2))], "ends after 4"],
    ["a message that is too long", [chunk(BEGIN, bytes(2), 3), chunk(MIDDLE, bytes(2))], "continues past its end"],
    ["a message with a declared size over the limit", [chunk(BEGIN, bytes(2), 101)], "the limit is 100"],
  ])("refuses %s", (_name, chunks, reason) => {
    const assembler = new ChunkAssembler(100);
    expect(() => {
      for (const next of chunks) assembler.push(next);
    }).toThrow(reason);
  });

  it("refuses an endless run of MIDDLE frames as soon as it passes the declared size", () => {
    const assembler = new ChunkAssembler(1000);
    assembler.push(chunk(BEGIN, bytes(10), 1000));
    let frames = 0;
    expect(() => {
      while (true) {
        assembler.push(chunk(MIDDLE, bytes(10)));
        frames++;
      }
    }).toThrow("continues past its end");
    expect(frames).toBe(99);
  });

  it("returns large payloads in separate memory", () => {
    const assembler = new ChunkAssembler(1000);
    const results = split(bytes(700), 300).map((next) => assembler.push(next));
    expect(results.at(-1)).toEqual(Buffer.from(bytes(700)));
    expect(assembler.inProgress).toBe(false);
  });
});
