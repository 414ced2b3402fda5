import { createHash } from "node:crypto";
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

describe("frozen weights", () => {
  const bytes = new Uint8Array(500).fill(9);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const weights = { version: 3, safetensors, frozen: { sha256, safetensors: bytes } };

  it("travel with the others, or as their hash to an actor that holds them", () => {
    const whole = encodeWeights("p", weights);
    const { frozen } = decodeWeights(whole);
    expect(frozen).toEqual({ sha256, safetensors: Buffer.from(bytes) });
    const slim = encodeWeights("p", weights, true);
    expect(whole.length - slim.length).toBeGreaterThanOrEqual(500);
    expect(decodeWeights(slim)).toMatchObject({ version: 3, frozen: { sha256 } });
    expect(decodeWeights(slim).frozen!.safetensors.length).toBe(0);
    expect(decodeWeights(encodeWeights("p", { version: 3, safetensors })).frozen).toBeUndefined();
  });

  it("are refused if their bytes changed in transit", () => {
    const encoded = encodeWeights("p", weights);
    encoded[encoded.indexOf(9, 90) + 20]! ^= 1;
    expect(() => decodeWeights(encoded)).toThrow("the frozen part of weights version 3 does not have its SHA-256");
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
