import { describe, expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { type DType, ops, Random, Tensor } from "../../../index.ts";
import { compiledBackend } from "../backend.ts";

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const satisfies Partial<Record<DType, unknown>>;

describe("top k", () => {
  test.each(Object.keys(ARRAYS) as (keyof typeof ARRAYS)[])(
    "takes the first of equal elements along an inner axis of %s",
    async (dtype) => {
      const [outer, size, inner, k] = [2, 300, 3, 40];
      const random = new Random(1);
      const values = Array.from({ length: outer * size * inner }, () => random.integer(50));
      const x = new Tensor(dtype, [outer, size, inner], ARRAYS[dtype].from(values) as never);
      const outputs = await compute(
        compiledBackend,
        (x) => {
          const [most, least] = [true, false].map((largest) => ops.topK(x, k, { axis: 1, largest }));
          return [most!.values, most!.indices, least!.values, least!.indices];
        },
        [x],
      );
      for (const [at, sign] of [-1, 1].entries()) {
        for (let line = 0; line < outer * inner; line++) {
          const [o, j] = [Math.floor(line / inner), line % inner];
          const element = (i: number) => values[(o * size + i) * inner + j]!;
          const order = Array.from({ length: size }, (_, i) => i).sort(
            (a, b) => sign * (element(a) - element(b)) || a - b,
          );
          const result = (output: number[]) => Array.from({ length: k }, (_, i) => output[(o * k + i) * inner + j]);
          expect(result(outputs[2 * at + 1]!)).toEqual(order.slice(0, k));
          expect(result(outputs[2 * at]!)).toEqual(order.slice(0, k).map(element));
        }
      }
    },
  );

  test("tells int64 values apart that are one double", async () => {
    const x = new Tensor("int64", [3], BigInt64Array.of(2n ** 60n, 2n ** 60n + 1n, -1n));
    expect(await compute(compiledBackend, (x) => [ops.topK(x, 3).indices, ops.argmax(x)], [x])).toEqual([
      [1, 0, 2],
      [1],
    ]);
  });

  test("takes NaN for the largest number", async () => {
    const x = Tensor.of([6], [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY, 2]);
    const sorted = (descending: boolean) =>
      compute(compiledBackend, (x) => [ops.sort(x, 0, { descending }).indices], [x]);
    expect(await sorted(false)).toEqual([[4, 0, 5, 2, 1, 3]]);
    expect(await sorted(true)).toEqual([[1, 3, 2, 5, 0, 4]]);
  });

  test("of no elements is empty", async () => {
    expect(await compute(compiledBackend, (x) => [ops.topK(x, 0).values], [Tensor.of([2], [1, 2])])).toEqual([[]]);
  });
});

test("the largest and smallest elements are the first, and not NaN unless that is the first element", async () => {
  const x = Tensor.of([2, 4], [1, Number.NaN, 3, 3, Number.NaN, 1, 3, 2]);
  expect(await compute(compiledBackend, (x) => [ops.argmax(x), ops.argmin(x)], [x])).toEqual([
    [2, 0],
    [0, 0],
  ]);
});
