import { describe, expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { constant, type Expr, grad, ops, Tensor } from "../../../index.ts";
import { sizeOf } from "../../../shape.ts";
import { compiledBackend } from "../backend.ts";

/** 0, 1, 2, … */
const counting = (...shape: number[]) =>
  Tensor.of(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i),
  );

/** The elements of a matrix, row by row. */
const matrix = (rows: number, columns: number, f: (row: number, column: number) => number) =>
  Array.from({ length: rows * columns }, (_, at) => f(Math.floor(at / columns), at % columns));

describe("a concatenation", () => {
  test("has a hundred parts along either axis, some computed, some the same, some empty", async () => {
    const [rows, columns, copies] = [6, 5, 40];
    const x = (row: number, column: number) => row * columns + column;
    const partsOf = (x: Expr, axis: number) =>
      Array.from({ length: copies }, (_, i) => [x, ops.mul(x, i), ops.slice(x, axis, i % 3, i % 3)]).flat();
    const factor = (copy: number) => (copy % 2 === 0 ? 1 : (copy - 1) / 2);
    expect(
      await compute(compiledBackend, (x) => [0, 1].map((axis) => ops.concat(partsOf(x, axis), axis)), [
        counting(rows, columns),
      ]),
    ).toEqual([
      matrix(2 * copies * rows, columns, (i, j) => x(i % rows, j) * factor(Math.floor(i / rows))),
      matrix(rows, 2 * copies * columns, (i, j) => x(i, j % columns) * factor(Math.floor(j / columns))),
    ]);
  });

  test("joins transposed, repeated and constant parts, and other concatenations that are needed elsewhere", async () => {
    const step = (x: Expr) => {
      const table = constant(Tensor.of([1, 4], [7, 8, 9, 10]));
      const turned = ops.transpose(x); // [3, 4]
      const repeated = ops.broadcastTo(ops.slice(turned, 0, 1, 2), [2, 4]);
      const inner = ops.concat([table, turned], 0);
      const ones = ops.broadcastTo(ops.constant(1), [1, 4]);
      const outer = ops.concat([inner, ones, repeated, inner], 0);
      return [outer, ops.sum(inner), ops.concat([outer, ops.slice(outer, 1, 3)], 1), ops.slice(outer, 0, 3, 6)];
    };
    const turned = matrix(3, 4, (i, j) => 3 * j + i);
    const inner = [7, 8, 9, 10, ...turned];
    const outer = [...inner, 1, 1, 1, 1, ...turned.slice(4, 8), ...turned.slice(4, 8), ...inner];
    expect(await compute(compiledBackend, step, [counting(4, 3)])).toEqual([
      outer,
      [inner.reduce((a, b) => a + b)],
      matrix(11, 5, (i, j) => outer[4 * i + Math.min(j, 3)]!),
      outer.slice(12, 24),
    ]);
  });

  test("of integers and truth values keeps their bits", async () => {
    const long = new Tensor("int64", [2], BigInt64Array.of(2n ** 62n - 1n, -(2n ** 62n)));
    const byte = new Tensor("uint8", [2], Uint8Array.of(9, 255));
    const step = (long: Expr, byte: Expr) => [
      ops.sub(ops.concat([long, ops.sub(long, 1)]), ops.concat([ops.sub(long, 3), long])),
      ops.concat([ops.less(byte, 10), ops.equal(byte, 10)]),
      ops.concat([ops.add(byte, 1), byte]),
    ];
    expect(await compute(compiledBackend, step, [long, byte])).toEqual([
      [3, 3, -1, -1],
      [1, 0, 0, 0],
      [10, 0, 9, 255],
    ]);
  });
});

test("borders have any value, on any side, of any view and type", async () => {
  const none = [0, 0];
  const step = (x: Expr, long: Expr, empty: Expr) => [
    ops.pad(ops.transpose(x), [1, 0], [0, 2], Number.NEGATIVE_INFINITY),
    ops.pad(ops.slice(x, 1, 0, 3, 2), none, [0, 1], Number.NaN),
    ops.pad(ops.pad(x, [0, 1], none, -0), [1, 0], none, 5),
    ops.pad(long, [1], [1], -(2 ** 31)),
    ops.pad(empty, [2, 0], [0, 1], 4),
    grad(ops.sum(ops.square(ops.pad(x, [1, 1], [1, 1], 3))), x),
  ];
  const [low, nan] = [Number.NEGATIVE_INFINITY, Number.NaN];
  const long = new Tensor("int64", [2], BigInt64Array.of(2n ** 40n, -1n));
  expect(await compute(compiledBackend, step, [counting(2, 3), long, Tensor.zeros([0, 2])])).toEqual([
    [low, low, low, low, 0, 3, low, low, 1, 4, low, low, 2, 5, low, low],
    [0, 2, nan, 3, 5, nan],
    [5, 5, 5, 5, -0, 0, 1, 2, -0, 3, 4, 5],
    [-(2 ** 31), 2 ** 40, -1, -(2 ** 31)],
    [4, 4, 4, 4, 4, 4],
    [0, 2, 4, 6, 8, 10],
  ]);
});

test("axes without elements stay so through every operation", async () => {
  const step = (x: Expr) => {
    const none = ops.slice(x, 1, 2, 2); // [3, 0]
    return [
      ops.transpose(none),
      ops.reshape(none, [0, 7]),
      ops.concat([none, ops.exp(none)], 1),
      ops.concat([none, x, none], 1),
      ops.broadcastTo(ops.slice(x, 0, 1, 1), [0, 4]),
      ops.sum(none, { axis: 1 }),
      ops.add(ops.sum(none, { axis: 0 }), 1),
      ops.matmul(none, ops.transpose(none)),
      ops.stopGradient(ops.mul(none, ops.slice(x, 1, 0, 1))),
    ];
  };
  const zeros = (count: number) => new Array<number>(count).fill(0);
  const x = counting(3, 4);
  const expected = [[], [], [], [...x.data], [], zeros(3), [], zeros(9), []];
  expect(await compute(compiledBackend, step, [x])).toEqual(expected);
});

describe("a loop over rearranged elements", () => {
  const [rows, columns] = [24, 40];
  const x = (row: number, column: number) => row * columns + column;
  const input = counting(rows, columns);

  test("reads reshaped transposed, sliced and repeated arrays in their order", async () => {
    const step = (x: Expr) => [
      ops.mul(ops.reshape(ops.transpose(x), [rows, columns]), 2),
      ops.add(ops.reshape(ops.slice(ops.transpose(x), 0, 3, 40, 4), [12, 20]), 1),
      ops.reshape(ops.broadcastTo(ops.slice(x, 1, 0, 1), [rows, 3]), [3, rows]),
      ops.transpose(ops.reshape(x, [2, 12, 4, 10]), [2, 0, 3, 1]),
    ];
    expect(await compute(compiledBackend, step, [input])).toEqual([
      matrix(columns, rows, (i, j) => 2 * x(j, i)),
      matrix(10, rows, (i, j) => x(j, 3 + 4 * i) + 1),
      matrix(rows, 3, (i) => x(i, 0)),
      matrix(8, 120, (i, j) => x((i % 2) * 12 + (j % 12), Math.floor(i / 2) * 10 + Math.floor(j / 12))),
    ]);
  });

  test("joins a transposed array with sums along both axes, and with slices of slices", async () => {
    const step = (x: Expr) => {
      const turned = ops.transpose(x); // [40, 24]
      const perRow = ops.sum(turned, { axis: 1, keepDims: true });
      const perColumn = ops.sum(turned, { axis: 0, keepDims: true });
      const part = ops.slice(ops.slice(x, 0, 1, 24, 2), 0, 2, 12, 3); // rows 5, 11, 17, 23
      return [
        ops.sub(ops.mul(turned, 2), perRow),
        ops.add(turned, perColumn),
        ops.mul(part, ops.max(part, { axis: 1, keepDims: true })),
        ops.sum(ops.mul(ops.slice(turned, 1, 0, 4), ops.transpose(part)), { axis: 0 }),
      ];
    };
    const sum = (count: number, f: (i: number) => number) =>
      Array.from({ length: count }, (_, i) => f(i)).reduce((a, b) => a + b);
    const column = Array.from({ length: columns }, (_, j) => sum(rows, (i) => x(i, j)));
    const row = Array.from({ length: rows }, (_, i) => sum(columns, (j) => x(i, j)));
    expect(await compute(compiledBackend, step, [input])).toEqual([
      matrix(columns, rows, (i, j) => 2 * x(j, i) - column[i]!),
      matrix(columns, rows, (i, j) => x(j, i) + row[j]!),
      matrix(4, columns, (i, j) => x(5 + 6 * i, j) * x(5 + 6 * i, columns - 1)),
      Array.from({ length: 4 }, (_, i) => sum(columns, (j) => x(i, j) * x(5 + 6 * i, j))),
    ]);
  });
});
