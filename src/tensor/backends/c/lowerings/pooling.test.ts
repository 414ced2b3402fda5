import { expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { grad, ops, Tensor } from "../../../index.ts";
import { compiledBackend } from "../backend.ts";

test("the NaN of a window is its largest element, and takes the gradient", async () => {
  const x = Tensor.of([1, 1, 2, 4], [1, Number.NaN, 5, 2, 7, Number.NaN, 3, 4]);
  const outputs = await compute(
    compiledBackend,
    (x) => {
      const pooled = ops.maxPool2d(x, 2);
      return [pooled, grad(ops.sum(pooled), x)];
    },
    [x],
  );
  expect(outputs).toEqual([
    [Number.NaN, 5],
    [0, 1, 1, 0, 0, 0, 0, 0],
  ]);
});

test("padding never is the largest element, not even of a window of −∞", async () => {
  const lowest = Number.NEGATIVE_INFINITY;
  const x = Tensor.of([2, 1, 2, 2], [lowest, lowest, lowest, lowest, -4, -3, -2, -1]);
  const outputs = await compute(
    compiledBackend,
    (x) => {
      const pooled = ops.maxPool2d(x, 2, { padding: 1 });
      return [pooled, grad(ops.sum(pooled), x)];
    },
    [x],
  );
  expect(outputs).toEqual([
    [lowest, lowest, lowest, lowest, -4, -3, -2, -1],
    [1, 1, 1, 1, 1, 1, 1, 1],
  ]);
});

test("means count the padding or leave it out", async () => {
  const x = Tensor.of([1, 2, 2, 3], [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]);
  const pool = (countPadding: boolean) =>
    compute(compiledBackend, (x) => [ops.averagePool2d(x, [2, 3], { stride: 2, padding: 1, countPadding })], [x]);
  expect(await pool(true)).toEqual([[3, 5, 9, 11, 30, 50, 90, 110].map((sum) => Math.fround(sum / 6))]);
  expect(await pool(false)).toEqual([[1.5, 2.5, 4.5, 5.5, 15, 25, 45, 55]]);
});
