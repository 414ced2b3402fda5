import { describe, expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { type Expr, ops, Tensor } from "../../../index.ts";
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

test("weights and biases are read where their views point: columns, repeated numbers, parts, transposed", async () => {
  const [rows, depth, width] = [30, 20, 40];
  const counting = (...shape: [number, number]) =>
    Tensor.of(
      shape,
      Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => (i % 11) - 5),
    );
  const [x, table] = [counting(rows, depth), counting(width, depth + 3)];
  const step = (x: Expr, table: Expr) => {
    const weight = ops.slice(table, 1, 3);
    const column = ops.reshape(ops.slice(table, 1, 1, 2), [width]);
    const twos = ops.broadcastTo(ops.constant(2), [width]);
    const turned = ops.transpose(ops.slice(ops.transpose(x), 0, 2, depth, 3)); // [30, 6]
    const small = ops.slice(ops.slice(table, 0, 0, 6), 1, 4, 10); // [6, 6]
    const diagonal = ops.reshape(ops.slice(ops.reshape(small, [36]), 0, 0, 36, 7), [6]);
    return [
      ops.linear(x, weight, column),
      ops.linear(x, weight, twos),
      ops.linear(turned, small, diagonal),
      ops.layerNorm(ops.broadcastTo(ops.slice(turned, 1, 0, 1), [rows, 6]), diagonal, diagonal),
    ];
  };
  const [at, entry] = [
    (i: number, p: number) => x.data[i * depth + p]!,
    (j: number, p: number) => table.data[j * (depth + 3) + p]!,
  ];
  const matrix = (columns: number, f: (i: number, j: number) => number) =>
    Array.from({ length: rows * columns }, (_, k) => f(Math.floor(k / columns), k % columns));
  const sum = (count: number, f: (p: number) => number) =>
    Array.from({ length: count }, (_, p) => f(p)).reduce((a, b) => a + b);
  const product = (i: number, j: number) => sum(depth, (p) => at(i, p) * entry(j, p + 3));
  expect(await compute(compiledBackend, step, [x, table])).toEqual([
    matrix(width, (i, j) => product(i, j) + entry(j, 1)),
    matrix(width, (i, j) => product(i, j) + 2),
    matrix(6, (i, j) => sum(6, (p) => at(i, 2 + 3 * p) * entry(j, 4 + p)) + entry(j, 4 + j)),
    // Equal elements have no deviation: only the bias is left.
    matrix(6, (_, j) => entry(j, 4 + j)),
  ]);
});

test("shares of a row add up to one where some elements are −∞, or all are huge", async () => {
  const row = Array.from({ length: 40 }, (_, i) => (i < 30 ? Number.NEGATIVE_INFINITY : 3e38));
  const [shares, logarithms, nothing] = await compute(
    compiledBackend,
    (x, none) => [ops.softmax(x), ops.logSoftmax(x), ops.softmax(none)],
    [Tensor.of([1, 40], row), Tensor.of([2, 1], [Number.NEGATIVE_INFINITY, 5])],
  );
  expect(shares).toEqual(row.map((x) => (x > 0 ? Math.fround(0.1) : 0)));
  expect(logarithms!.map(Math.exp)).toEqual(row.map((x) => (x > 0 ? expect.closeTo(0.1, 6) : 0)));
  // As in PyTorch: where all elements are −∞, there are no shares.
  expect(nothing).toEqual([Number.NaN, 1]);
});
