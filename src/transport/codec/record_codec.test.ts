import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayType, bytesPerElement, DTYPES, type DType, type TypedArrays } from "../../tensor/dtype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type NamedTensor, TransitionRecord } from "../generated/transport/services.ts";
import type { TransitionMessage } from "../messages.ts";
import { decodeInteraction, decodeTransition, encodeInteraction, encodeTransition } from "./record_codec.ts";

function transition(tensors: Record<string, Tensor>): TransitionMessage {
  return { tensors, scalars: {}, metadata: {} };
}

/** A tensor message from a peer without our checks. */
function rawTransition(tensor: Partial<NamedTensor>): Uint8Array {
  const message: NamedTensor = { name: "x", elementType: 2, shape: [2], data: new Uint8Array(8), ...tensor };
  return TransitionRecord.encode({ tensors: [message], scalars: new Map(), metadata: new Map() }).finish();
}

describe("transition records", () => {
  it.each(DTYPES)("preserve a %s tensor bit for bit", (dtype) => {
    const bytes = Uint8Array.from({ length: 6 * bytesPerElement(dtype) }, (_, i) => (dtype === "bool" ? i % 2 : i + 1));
    const data = new (arrayType(dtype))(bytes.buffer) as TypedArrays[DType];
    const sent = new Tensor(dtype, [2, 3], data);
    const { tensors } = decodeTransition(encodeTransition(transition({ sent })));
    expect(tensors.sent).toEqual(sent);
  });

  it("preserve any names, scalars and text", () => {
    const name = fc.string({ maxLength: 60, unit: "grapheme" });
    const table = <T>(value: fc.Arbitrary<T>) => fc.dictionary(name, value, { noNullPrototype: false });
    fc.assert(
      fc.property(
        // Protobuf does not write zeros, so −0 arrives as 0.
        table(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
        table(fc.string({ unit: "grapheme" })),
        table(fc.uint8Array({ maxLength: 20 })),
        (scalars, metadata, arrays) => {
          // An empty record is refused: a zeroed file looks like one.
          fc.pre([scalars, metadata, arrays].some((part) => Object.keys(part).length > 0));
          const tensors = Object.fromEntries(
            Object.entries(arrays).map(([key, data]) => [key, new Tensor("uint8", [data.length], data)]),
          );
          const received = decodeTransition(encodeTransition({ tensors, scalars, metadata }));
          expect(Object.entries(received.scalars).sort()).toEqual(Object.entries(scalars).sort());
          expect({ ...received.metadata }).toEqual({ ...metadata });
          expect({ ...received.tensors }).toEqual({ ...tensors });
        },
      ),
    );
  });

  it("treat no name as special", () => {
    const scalars = Object.fromEntries([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
    const received = decodeTransition(encodeTransition({ tensors: {}, scalars, metadata: {} }));
    expect(Object.keys(received.scalars).sort()).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(received.scalars)).toBeNull();
  });

  it("own their memory: neither side sees later writes of the other", () => {
    const data = Float32Array.of(1, 2);
    const encoded = encodeTransition(transition({ x: new Tensor("float32", [2], data) }));
    data[0] = 99;
    const received = decodeTransition(encoded).tensors.x!;
    encoded.fill(0);
    expect([...(received.data as Float32Array)]).toEqual([1, 2]);
  });

  it("can be read by the generated decoder", () => {
    const message = { tensors: { x: Tensor.of([2], [1, 2]) }, scalars: { reward: 0.5 }, metadata: { task: "pick" } };
    const record = TransitionRecord.decode(encodeTransition(message));
    expect(record.tensors).toEqual([
      { name: "x", elementType: 2, shape: [2], data: new Uint8Array(Float32Array.of(1, 2).buffer) },
    ]);
    expect([...record.scalars, ...record.metadata]).toEqual([
      ["reward", 0.5],
      ["task", "pick"],
    ]);
  });

  it.each<[string, TransitionMessage, string]>([
    ["NaN in a float32 tensor", transition({ x: Tensor.of([2], [1, Number.NaN]) }), "not finite at element 1"],
    ["infinity in a float64 tensor", transition({ x: new Tensor("float64", [1], Float64Array.of(-1 / 0)) }), "finite"],
    ["NaN in a float16 tensor", transition({ x: new Tensor("float16", [1], Uint16Array.of(0x7e00)) }), "finite"],
    ["infinity in a bfloat16 tensor", transition({ x: new Tensor("bfloat16", [1], Uint16Array.of(0xff80)) }), "finite"],
    ["2 in a bool tensor", transition({ x: new Tensor("bool", [1], Uint8Array.of(2)) }), "2 in a bool tensor"],
    ["rank 9", transition({ x: Tensor.of([1, 1, 1, 1, 1, 1, 1, 1, 1], [0]) }), "rank 9"],
    ["a NaN scalar", { tensors: {}, scalars: { reward: Number.NaN }, metadata: {} }, '"reward" is NaN'],
    ["an endless name", { tensors: {}, scalars: { ["n".repeat(257)]: 1 }, metadata: {} }, "over 256 bytes"],
    [
      "too many parts",
      { tensors: {}, scalars: Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`s${i}`, i])), metadata: {} },
      "at most 1024",
    ],
  ])("refuse %s at the sender", (_name, message, reason) => {
    expect(() => encodeTransition(message)).toThrow(reason);
  });

  it.each<[string, Uint8Array, string]>([
    ["NaN", rawTransition({ data: new Uint8Array(Float32Array.of(1, Number.NaN).buffer) }), "not finite"],
    ["an unknown element type", rawTransition({ elementType: 77 as NamedTensor["elementType"] }), "element type 77"],
    ["fewer bytes than the shape", rawTransition({ data: new Uint8Array(4) }), "so 8 bytes, but has 4"],
    ["a shape that overflows", rawTransition({ shape: Array(8).fill(0xffffffff) }), "but has 8"],
    ["a shape of many dimensions", rawTransition({ shape: Array(9).fill(1) }), "rank 9"],
    ["a shape of thousands of dimensions", rawTransition({ shape: Array(5000).fill(1) }), "at most 40 fit"],
    ["a huge name", rawTransition({ name: "n".repeat(300) }), "at most 256 fit"],
    ["a cut-off message", rawTransition({}).subarray(0, 9), "transition"],
    ["text", new TextEncoder().encode("hello, learner"), "transition"],
    ["a pickle", Uint8Array.from([0x80, 0x04, 0x95, 0x1d, 0, 0, 0, 0, 0, 0, 0, 0x8c, 5, 0x70, 0x6f]), "transition"],
  ])("refuse %s at the receiver", (_name, encoded, reason) => {
    expect(() => decodeTransition(encoded)).toThrow(reason);
  });

  it("refuse two tensors with the same name", () => {
    const one = rawTransition({});
    expect(() => decodeTransition(Uint8Array.from([...one, ...one]))).toThrow('two tensors are named "x"');
  });

  it("refuse a small message that would decode into millions of objects, without decoding it", () => {
    const writer = new BinaryWriter();
    for (let i = 0; i < 500_000; i++) writer.uint32(10).uint32(0);
    expect(() => decodeTransition(writer.finish())).toThrow("over 1024 fields");
  });
});

describe("interaction records", () => {
  it("preserve the message", () => {
    const message = { scalars: { "episode/return": 1, "episode/steps": 42 }, metadata: { operator: "scripted" } };
    const received = decodeInteraction(encodeInteraction(message));
    expect({ ...received.scalars }).toEqual(message.scalars);
    expect({ ...received.metadata }).toEqual(message.metadata);
  });

  it("refuse numbers that are not finite", () => {
    expect(() => encodeInteraction({ scalars: { x: Number.POSITIVE_INFINITY }, metadata: {} })).toThrow("not finite");
  });
});
