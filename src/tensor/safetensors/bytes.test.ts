import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayType, bytesPerElement, type DType } from "../dtype.ts";
import { Tensor } from "../tensor.ts";
import { parseSafetensors, serializeSafetensors } from "./bytes.ts";
import { SafetensorsError } from "./format.ts";

const DTYPES: DType[] = [
  ...(["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"] as const),
  ...(["uint64", "uint32", "uint16", "uint8", "bool"] as const),
];

const testData = (name: string) => new Uint8Array(readFileSync(new URL(`../../../test/data/${name}`, import.meta.url)));

/** A file with the given header text and number of data bytes, for headers that no writer produces. */
function fileWith(header: string, dataBytes = 8): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

const rawBytes = ({ data }: Tensor) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Equal in every bit; typed-array equality would call NaNs with different payloads equal. */
function expectSameTensors(actual: Record<string, Tensor>, expected: Record<string, Tensor>): void {
  const plain = (tensors: Record<string, Tensor>) =>
    Object.entries(tensors)
      .map(([name, tensor]) => ({ name, dtype: tensor.dtype, shape: tensor.shape, bytes: [...rawBytes(tensor)] }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(plain(actual)).toEqual(plain(expected));
}

const tensorArbitrary = fc
  .tuple(fc.constantFrom(...DTYPES), fc.array(fc.nat(4), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const bytes = shape.reduce((product, dim) => product * dim, bytesPerElement(dtype));
    const byte = fc.nat(dtype === "bool" ? 1 : 255);
    return fc
      .array(byte, { minLength: bytes, maxLength: bytes })
      .map((values) => new Tensor(dtype, shape, new (arrayType(dtype))(Uint8Array.from(values).buffer)));
  });
const nameArbitrary = fc.oneof(
  fc.string({ unit: "grapheme" }).filter((name) => !/\p{Surrogate}/u.test(name) && name !== "__metadata__"),
  fc.constantFrom("__proto__", "constructor", "0", "10", "9", 'a"\\\n', ""),
);
const tensorsArbitrary = fc
  .uniqueArray(fc.tuple(nameArbitrary, tensorArbitrary), { selector: ([name]) => name, maxLength: 6 })
  .map((pairs) => Object.fromEntries(pairs) as Record<string, Tensor>);
const metadataArbitrary = fc
  .uniqueArray(fc.tuple(nameArbitrary, fc.string()), { selector: ([key]) => key, maxLength: 3 })
  .map((pairs) => Object.fromEntries(pairs) as Record<string, string>);

describe("round trips", () => {
  it("preserve any tensors and metadata bit for bit", () => {
    fc.assert(
      fc.property(tensorsArbitrary, metadataArbitrary, (tensors, metadata) => {
        const content = parseSafetensors(serializeSafetensors(tensors, metadata));
        expectSameTensors(content.tensors, tensors);
        expect(content.metadata).toEqual(metadata);
      }),
      { numRuns: 300 },
    );
  });

  it("give the same bytes for any order of tensors and metadata", () => {
    fc.assert(
      fc.property(tensorsArbitrary, metadataArbitrary, (tensors, metadata) => {
        const reversed = <T>(record: Record<string, T>) => Object.fromEntries(Object.entries(record).reverse());
        expect(serializeSafetensors(reversed(tensors), reversed(metadata))).toEqual(
          serializeSafetensors(tensors, metadata),
        );
      }),
    );
  });

  it("align every tensor to its element size within the file", () => {
    fc.assert(
      fc.property(tensorsArbitrary, (tensors) => {
        const bytes = serializeSafetensors(tensors);
        const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
        expect(headerLength % 8).toBe(0);
        const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
        for (const [name, tensor] of Object.entries(tensors)) {
          const [begin] = Object.getOwnPropertyDescriptor(header, name)!.value.data_offsets;
          expect(begin % bytesPerElement(tensor.dtype)).toBe(0);
        }
      }),
    );
  });

  it("read from the middle of a larger buffer, at any alignment, and copy", () => {
    const file = serializeSafetensors({ a: Tensor.of([2], [1, 2]) });
    const larger = new Uint8Array(file.length + 7);
    larger.set(file, 3);
    const { tensors } = parseSafetensors(larger.subarray(3, 3 + file.length));
    larger.fill(255);
    expect(tensors.a).toEqual(Tensor.of([2], [1, 2]));
  });

  it("write only the view of a larger array", () => {
    const view = Tensor.of([2], new Float32Array([7, 1, 2, 7]).subarray(1, 3));
    expect(parseSafetensors(serializeSafetensors({ view })).tensors.view!.data).toEqual(Float32Array.of(1, 2));
  });
});

describe("files of the reference implementation", () => {
  const file = testData("safetensors/all_dtypes.safetensors");
  const { tensors, metadata } = parseSafetensors(file);

  it("are read with their values", () => {
    const values = Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, shape, data }]) => [name, [dtype, shape, [...data]]]),
    );
    expect(values).toEqual({
      f64: ["float64", [2, 2], [0.1, -2.5, 1e300, 5e-324]],
      f32: ["float32", [3], [1.5, -0, Infinity]],
      f16: ["float16", [4], [0x3e00, 0xc000, 0x7bff, 0x0001]],
      bf16: ["bfloat16", [3], [0x3fc0, 0xc000, 0x7f7f]],
      i64: ["int64", [2], [-(2n ** 63n), 2n ** 63n - 1n]],
      i32: ["int32", [2, 1], [-(2 ** 31), 2 ** 31 - 1]],
      i16: ["int16", [3], [-32768, 32767, 7]],
      i8: ["int8", [3], [-128, 127, 1]],
      u64: ["uint64", [], [2n ** 64n - 1n]],
      u32: ["uint32", [1], [2 ** 32 - 1]],
      u16: ["uint16", [1], [65535]],
      u8: ["uint8", [3], [0, 255, 3]],
      mask: ["bool", [3], [1, 0, 1]],
      empty: ["float32", [0, 3], []],
      "b.2": ["float32", [1], [2]],
      "b.10": ["float32", [1], [10]],
      "10": ["float32", [1], [3]],
      "\uffee": ["float32", [1], [4]],
      "\u{1f916}": ["float32", [1], [5]],
    });
    expect(metadata).toEqual({ format: "pt" });
  });

  it("are reproduced byte for byte by writing them again", () => {
    expect(serializeSafetensors(tensors, metadata)).toEqual(file);
  });

  it("give an error that names a tensor of an unsupported type", () => {
    expect(() => parseSafetensors(testData("safetensors/float8.safetensors"), "policy.safetensors")).toThrow(
      'policy.safetensors: tensor "weight" is F8_E4M3, which cannot be read; convert it to F16, BF16 or F32 first',
    );
  });

  it("include a LeRobot policy, with the names of its shared tensors in the metadata", () => {
    const policy = testData("lerobot_checkpoints/shared_encoder/model.safetensors");
    const content = parseSafetensors(policy);
    expect(content.metadata.format).toBe("pt");
    for (const [dropped, kept] of Object.entries(content.metadata)) {
      if (dropped === "format") continue;
      expect(content.tensors).not.toHaveProperty([dropped]);
      expect(content.tensors).toHaveProperty([kept]);
    }
    // The saver writes metadata in arbitrary order, so only the bytes after the header can be equal.
    const dataOf = (file: Uint8Array) => file.subarray(8 + Number(new DataView(file.buffer).getBigUint64(0, true)));
    expect(dataOf(serializeSafetensors(content.tensors, content.metadata))).toEqual(dataOf(policy));
  });
});

describe("a damaged file", () => {
  const tensors = {
    "actor.weight": Tensor.of([2, 3], [1, 2, 3, 4, 5, 6]),
    "actor.bias": Tensor.of([2], [7, 8]),
    steps: new Tensor("int64", [], BigInt64Array.of(9n)),
  };
  const file = serializeSafetensors(tensors, { format: "pt" });
  const headerEnd = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));

  it("is refused when cut at any byte, or when a byte follows the end", () => {
    for (let length = 0; length < file.length; length++) {
      expect(() => parseSafetensors(file.subarray(0, length)), `cut to ${length} bytes`).toThrow(SafetensorsError);
    }
    expect(() => parseSafetensors(Uint8Array.of(...file, 0))).toThrow(SafetensorsError);
  });

  it("with any changed header byte is refused, or read with each data byte used once and in order", () => {
    let accepted = 0;
    const data = file.subarray(headerEnd);
    for (let position = 0; position < headerEnd; position++) {
      for (let change = 1; change < 256; change++) {
        const mutated = file.slice();
        mutated[position]! ^= change;
        let content: ReturnType<typeof parseSafetensors>;
        try {
          content = parseSafetensors(mutated);
        } catch (error) {
          if (error instanceof SafetensorsError) continue;
          throw new Error(`byte ${position} changed by ${change}: not a SafetensorsError`, { cause: error });
        }
        accepted++;
        const together = Object.values(content.tensors).flatMap((tensor) => [...rawBytes(tensor)]);
        if (together.length !== data.length || together.some((byte, i) => byte !== data[i])) {
          expect.fail(`byte ${position} changed by ${change}: the tensors' data differ from the file's`);
        }
      }
    }
    // Names, metadata text and same-size types can change undetected: the format has no checksum.
    expect(accepted).toBeGreaterThan(0);
  });

  it("gives a SafetensorsError for random bytes, never another error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          parseSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
    );
  });
});

describe("an inconsistent header", () => {
  const entry = (fields: string) => `{"w":{${fields}}}`;
  it.each([
    [
      "a shape with more bytes than the offsets",
      entry('"dtype":"F32","shape":[3],"data_offsets":[0,8]'),
      'tensor "w": F32 of shape [3] needs 12 bytes, data_offsets give 8',
    ],
    [
      "a fractional shape",
      entry('"dtype":"F32","shape":[2.5],"data_offsets":[0,8]'),
      'tensor "w": shape must hold non-negative integers',
    ],
    [
      "a negative shape",
      entry('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'),
      'tensor "w": shape must hold non-negative integers',
    ],
    [
      "a shape whose product overflows",
      entry('"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]'),
      'tensor "w": shape [4294967296, 4294967296] is too large',
    ],
    [
      "a shape that overflows before a zero",
      entry('"dtype":"F32","shape":[9007199254740991,9007199254740991,0],"data_offsets":[0,8]'),
      'tensor "w": F32 of shape [9007199254740991, 9007199254740991, 0] needs 0 bytes',
    ],
    ["an unknown dtype", entry('"dtype":"F31","shape":[2],"data_offsets":[0,8]'), 'tensor "w": unknown dtype "F31"'],
    ["a missing dtype", entry('"shape":[2],"data_offsets":[0,8]'), 'tensor "w": unknown dtype undefined'],
    [
      "offsets past the end",
      entry('"dtype":"F32","shape":[4],"data_offsets":[0,16]'),
      'tensor "w": bytes 0 to 16 are outside the file\'s 8 data bytes',
    ],
    [
      "offsets beyond exact integers",
      entry('"dtype":"F32","shape":[2],"data_offsets":[9007199254740992,9007199254741000]'),
      'tensor "w": data_offsets must be two non-negative integers',
    ],
    [
      "offsets in reverse",
      entry('"dtype":"F32","shape":[2],"data_offsets":[8,0]'),
      'tensor "w": data_offsets [8, 0] end before they begin',
    ],
    [
      "three offsets",
      entry('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'),
      'tensor "w": data_offsets must be two',
    ],
    [
      "an unknown field",
      entry('"dtype":"F32","shape":[2],"data_offsets":[0,8],"scale":2'),
      'tensor "w": its entry has an unknown key "scale"',
    ],
    ["an entry that is no object", '{"w":[1]}', 'tensor "w": its entry must be an object'],
    [
      "bytes that no tensor claims at the end",
      entry('"dtype":"F32","shape":[1],"data_offsets":[0,4]'),
      "the tensors end at byte 4, the file has 8 data bytes",
    ],
    [
      "a gap",
      '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}}',
      'tensor "b": begins at byte 3, nothing fills the bytes from 2',
    ],
    [
      "an overlap",
      '{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
      'tensor "b": begins at byte 4, inside the tensor that ends at 5',
    ],
    [
      "a repeated tensor",
      '{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"\\u0061":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}',
      'the header has the key "a" twice',
    ],
    [
      "metadata that is not text",
      '{"__metadata__":{"epoch":3},"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}',
      '__metadata__ maps text to text, "epoch" has 3',
    ],
    ["metadata that is a list", '{"__metadata__":[]}', "__metadata__ must be an object"],
    ["no JSON", '{"w":', "the header is not JSON in UTF-8"],
    ["a list", "[]", 'the header must begin with "{"'],
    [
      "a BOOL that is neither 0 nor 1",
      entry('"dtype":"BOOL","shape":[8],"data_offsets":[0,8]'),
      'tensor "w" is BOOL but has a byte that is neither 0 nor 1',
    ],
  ])("with %s is refused", (_, header, message) => {
    const file = fileWith(header);
    file[file.length - 1] = 2;
    const read = () => parseSafetensors(file, "model.safetensors");
    expect(read).toThrow(SafetensorsError);
    expect(read).toThrow(`model.safetensors: ${message}`);
  });

  it("with a declared size over 8 MiB is refused unread", () => {
    const file = new Uint8Array(16);
    new DataView(file.buffer).setBigUint64(0, 8_388_609n, true);
    expect(() => parseSafetensors(file)).toThrow("a header of 8388609 bytes is over the limit");
    new DataView(file.buffer).setBigUint64(0, 2n ** 64n - 1n, true);
    expect(() => parseSafetensors(file)).toThrow("is over the limit of 8388608");
  });

  it("with invalid UTF-8 is refused", () => {
    const file = fileWith('{"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}');
    file[10] = 0xff;
    expect(() => parseSafetensors(file)).toThrow("the header is not JSON in UTF-8");
  });
});

describe("the writer", () => {
  it("refuses a tensor named __metadata__", () => {
    expect(() => serializeSafetensors({ __metadata__: Tensor.scalar(1) })).toThrow("cannot be named");
  });

  it("refuses text without a UTF-8 form, and metadata that is not text", () => {
    expect(() => serializeSafetensors({ "\ud800": Tensor.scalar(1) })).toThrow("a tensor name is not valid Unicode");
    expect(() => serializeSafetensors({}, { note: "\udc00" })).toThrow('metadata "note" is not valid Unicode');
    const wrong = { step: 3 } as unknown as Record<string, string>;
    expect(() => serializeSafetensors({}, wrong)).toThrow('metadata "step" must be text, got 3');
  });

  it("refuses a bool that no reader accepts", () => {
    const mask = new Tensor("bool", [2], Uint8Array.of(1, 2));
    expect(() => serializeSafetensors({ mask })).toThrow(
      'tensor "mask" is bool but has a value that is neither 0 nor 1',
    );
  });

  it("writes an empty file that reads as empty", () => {
    expect(parseSafetensors(serializeSafetensors({}))).toEqual({ tensors: {}, metadata: {} });
  });
});
