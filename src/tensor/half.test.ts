import { describe, expect, it } from "vitest";
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "./half.ts";

/** The value that IEEE 754 defines for a 16-bit pattern; every operation here is exact in float64. */
function definedValue(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

const everyPattern = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!;
const fromBits = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer);

const formats = [
  { name: "float16", exponentBits: 5, fractionBits: 10, widen: float16ToFloat32, narrow: float32ToFloat16 },
  { name: "bfloat16", exponentBits: 8, fractionBits: 7, widen: bfloat16ToFloat32, narrow: float32ToBfloat16 },
];

describe.each(formats)("$name", ({ exponentBits, fractionBits, widen, narrow }) => {
  const infinity = (2 ** exponentBits - 1) << fractionBits;

  it("widens every bit pattern to the value that the format defines", () => {
    const wrong = [...widen(everyPattern)].filter(
      (value, bits) => !Object.is(value, definedValue(bits, exponentBits, fractionBits)),
    );
    expect(wrong).toEqual([]);
  });

  it("returns every bit pattern unchanged from a round trip, but for signalling NaNs, which become quiet", () => {
    const quiet = 1 << (fractionBits - 1);
    const expected = everyPattern.map((bits) => ((bits & 0x7fff) > infinity ? bits | quiet : bits));
    expect(narrow(widen(everyPattern))).toEqual(expected);
  });

  it("rounds a float32 halfway between two neighbours to the even one, and its float32 neighbours to the nearest", () => {
    for (const sign of [0, 0x8000]) {
      for (let lower = 0; lower < infinity; lower++) {
        // Past the largest finite value, rounding acts as if the next power of two were representable.
        const upperValue =
          lower + 1 === infinity ? 2 ** (2 ** (exponentBits - 1)) : definedValue(lower + 1, exponentBits, fractionBits);
        const middle = (definedValue(lower, exponentBits, fractionBits) + upperValue) / 2;
        const bits = bitsOf(middle) | (sign << 16);
        const around = new Float32Array([bits - 1, bits, bits + 1].flatMap((b) => [...fromBits(b)]));
        const even = lower % 2 === 0 ? lower : lower + 1;
        const rounded = narrow(around);
        if (rounded[0] !== (sign | lower) || rounded[1] !== (sign | even) || rounded[2] !== (sign | (lower + 1))) {
          expect.fail(`around ${middle}: got ${[...rounded]}, expected ${[lower, even, lower + 1]}`);
        }
      }
    }
  });

  it("never turns a NaN into a number, whichever payload bits it has", () => {
    const payloads = [0x7f800001, 0x7fffffff, 0xff800001, 0xffffffff, 0x7fc00000, 0x7f801fff];
    const floats = new Float32Array(Uint32Array.from(payloads).buffer);
    const rounded = narrow(floats);
    expect([...widen(rounded)].every(Number.isNaN)).toBe(true);
    expect([...rounded].map((bits) => bits >>> 15)).toEqual(payloads.map((bits) => bits >>> 31));
  });

  it("keeps infinities and signed zeros, and underflows to zeros of the same sign", () => {
    const source = Float32Array.of(Infinity, -Infinity, 0, -0, 1e-45, -1e-45);
    expect([...narrow(source)]).toEqual([infinity, 0x8000 | infinity, 0, 0x8000, 0, 0x8000]);
  });

  it("reads a view that does not begin at the start of its buffer", () => {
    const all = Float32Array.of(9, 1, 2);
    expect([...widen(narrow(all.subarray(1)))]).toEqual([1, 2]);
    expect([...widen(narrow(all).subarray(1))]).toEqual([1, 2]);
  });
});

describe("float16", () => {
  it("becomes infinite from 65520 on, halfway past the largest finite value", () => {
    expect([...float32ToFloat16(Float32Array.of(65519.99, 65520, 1e30))]).toEqual([0x7bff, 0x7c00, 0x7c00]);
  });
});
