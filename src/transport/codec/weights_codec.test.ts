import { describe, expect, it } from "vitest";
import { ParametersRecord } from "../generated/transport/services.ts";
import { decodeBatch, encodeBatch } from "./batch_codec.ts";
import { concatenate } from "./pieces.ts";
import { decodeWeights, encodeWeights } from "./weights_codec.ts";

const safetensors = Uint8Array.from({ length: 3000 }, (_, i) => i % 256);

describe("weights records", () => {
  it("preserve version, publisher, weights and metadata", () => {
    const encoded = encodeWeights("learner-1", { version: 7, safetensors, metadata: { step: "700" } });
    const received = decodeWeights(encoded);
    expect(received).toMatchObject({ publisher: "learner-1", version: 7, metadata: { step: "700" } });
    expect(Buffer.from(received.safetensors).equals(safetensors)).toBe(true);
  });

  it("can be read by the generated decoder", () => {
    const record = ParametersRecord.decode(encodeWeights("p", { version: 1, safetensors }));
    expect(Buffer.from(record.safetensors).equals(safetensors)).toBe(true);
  });

  it("refuse weights whose bytes changed in transit", () => {
    const encoded = encodeWeights("p", { version: 1, safetensors });
    encoded[encoded.length - 100]! ^= 1;
    expect(() => decodeWeights(encoded)).toThrow("fail their checksum");
  });
});

describe("record batches", () => {
  it("preserve records of every size, empty ones too", () => {
    const records = [new Uint8Array(0), Uint8Array.of(1), new Uint8Array(300).fill(2), new Uint8Array(70_000).fill(3)];
    const received = decodeBatch(concatenate(encodeBatch({ firstSequence: 2 ** 40, records })));
    expect(received.firstSequence).toBe(2 ** 40);
    expect(received.records.map((record) => Buffer.from(record))).toEqual(records.map((record) => Buffer.from(record)));
  });

  it("refuse too many records in a batch before creating an object for each", () => {
    const records = Array.from({ length: 1025 }, () => new Uint8Array(0));
    expect(() => decodeBatch(concatenate(encodeBatch({ firstSequence: 1, records })))).toThrow("over 1025 fields");
  });

  it("refuse bytes that are not a batch", () => {
    expect(() => decodeBatch(Uint8Array.of(0xff, 0xff, 0xff))).toThrow("record batch");
  });
});
