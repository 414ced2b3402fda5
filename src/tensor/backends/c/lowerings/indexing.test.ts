import { describe, expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { grad, ops, Random, Tensor } from "../../../index.ts";
import { compiledBackend } from "../backend.ts";

const x = Tensor.of([3, 2], [10, 11, 20, 21, 30, 31]);

/** Indices in both types, of 64 bits as far out as they go. */
const FAR = [
  new Tensor("int64", [4], BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 3n, -4n)),
  new Tensor("int32", [4], Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 3, -4)),
];

describe.each(FAR.map((indices) => ({ type: indices.dtype, indices })))("$type indices out of range", ({ indices }) => {
  test("read the first or the last row", async () => {
    const [rows] = await compute(compiledBackend, (x, at) => [ops.gather(x, at)], [x, indices]);
    expect(rows).toEqual([10, 11, 30, 31, 30, 31, 10, 11]);
  });

  test("give the row that they read its gradient", async () => {
    const step = (x: Parameters<typeof ops.gather>[0], at: typeof x) => [grad(ops.sum(ops.gather(x, at)), x)];
    expect(await compute(compiledBackend, step, [x, indices])).toEqual([[2, 2, 0, 0, 2, 2]]);
  });

  test("read and change the first or the last element of a line", async () => {
    const line = Tensor.of([3], [1, 2, 3]);
    const [taken, added] = await compute(
      compiledBackend,
      (x, at, updates) => [ops.takeAlongAxis(x, at), ops.scatterAdd(x, at, updates)],
      [line, indices, Tensor.of([4], [10, 20, 30, 40])],
    );
    expect(taken).toEqual([1, 3, 3, 1]);
    expect(added).toEqual([51, 2, 53]);
  });
});

test("indices into a tensor without elements read nothing, but zeros", async () => {
  const empty = Tensor.zeros([0, 2]);
  const indices = new Tensor("int64", [1], BigInt64Array.of(0n));
  const along = new Tensor("int64", [1, 2], BigInt64Array.of(0n, 5n));
  const outputs = await compute(
    compiledBackend,
    (x, at, along) => [ops.gather(x, at), ops.takeAlongAxis(x, along, 0)],
    [empty, indices, along],
  );
  expect(outputs).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test.each([1, 3])("rows are added in the order of their indices, by %i threads", async (threads) => {
  const [entries, count, features] = [96, 4000, 64];
  const random = new Random(3);
  const indices = new Tensor(
    "int64",
    [count],
    BigInt64Array.from({ length: count }, () => BigInt(random.integer(entries))),
  );
  const rows = Tensor.of([count, features], random.fillNormal(new Float32Array(count * features)));
  const expected = new Float32Array(entries * features);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < features; j++)
      expected[Number(indices.data[i]) * features + j]! += rows.data[i * features + j]!;
  }
  const step = (table: Parameters<typeof ops.gather>[0], at: typeof table, weights: typeof table) => [
    grad(ops.sum(ops.mul(ops.embedding(table, at), weights)), table),
  ];
  const [sums] = await compute(compiledBackend, step, [Tensor.zeros([entries, features]), indices, rows], threads);
  expect(sums).toEqual([...expected]);
});
