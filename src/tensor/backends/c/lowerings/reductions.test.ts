import { describe, expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { ops, Tensor } from "../../../index.ts";
import { compiledBackend } from "../backend.ts";

const ARRAYS = { float32: Float32Array, float64: Float64Array } as const;
const LENGTHS = [1, 5, 16, 40, 100, 2100];

describe.each(["float32", "float64"] as const)("the largest and smallest %s of rows", (dtype) => {
  test.each(LENGTHS)("of %i elements are NaN where any element is", async (length) => {
    const places = [...new Set([0, 1, 7, length >> 1, length - 1])].filter((place) => place < length);
    const data = new ARRAYS[dtype](places.length * length).map((_: number, i: number) => Math.sin(i));
    for (const [row, place] of places.entries()) data[row * length + place] = Number.NaN;
    const x = new Tensor(dtype, [places.length, length], data as never);
    const results = await compute(
      compiledBackend,
      (x) => [ops.max(x, { axis: 1 }), ops.min(x, { axis: 1 }), ops.max(x), ops.min(x)],
      [x],
    );
    expect(results.flat()).toEqual(results.flat().map(() => Number.NaN));
  });

  test.each(LENGTHS)("of %i elements may be infinite", async (length) => {
    const data = new ARRAYS[dtype](2 * length).fill(Number.POSITIVE_INFINITY).fill(Number.NEGATIVE_INFINITY, length);
    const x = new Tensor(dtype, [2, length], data as never);
    expect(await compute(compiledBackend, (x) => [ops.max(x, { axis: 1 }), ops.min(x, { axis: 1 })], [x])).toEqual([
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ]);
  });
});
