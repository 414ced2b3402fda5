import { describe, expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { type Expr, ops, Random, Tensor } from "../../../index.ts";
import { compiledBackend } from "../backend.ts";

const { fround } = Math;

describe("floats at the edges of their range", () => {
  const values = [Number.NaN, Number.NEGATIVE_INFINITY, -2, -0, 0, 2 ** -149, 1.5, Number.POSITIVE_INFINITY];
  // Twice as long as the widest vector, and some more.
  const row = Array.from({ length: 4 }, () => values)
    .flat()
    .concat(0.25, 3);

  /** All pairs of a value and one of the row. */
  const pairs = (f: (a: number, b: number) => number) => values.flatMap((a) => row.map((b) => f(a, b)));
  const each = (f: (x: number) => number) => row.map(f);
  const withoutSigns = (numbers: readonly number[]) => numbers.map((x) => (x === 0 ? 0 : x));

  test("are compared, chosen and computed as IEEE 754 says", async () => {
    const table: readonly (readonly [(a: Expr, b: Expr) => Expr, (a: number, b: number) => number])[] = [
      [ops.add, (a, b) => fround(a + b)],
      [ops.sub, (a, b) => fround(a - b)],
      [ops.mul, (a, b) => fround(a * b)],
      [ops.div, (a, b) => fround(a / b)],
      [ops.equal, (a, b) => Number(a === b)],
      [ops.less, (a, b) => Number(a < b)],
      [ops.lessEqual, (a, b) => Number(a <= b)],
      [ops.greater, (a, b) => Number(a > b)],
      [ops.greaterEqual, (a, b) => Number(a >= b)],
      [(a, b) => ops.logicalNot(ops.less(a, b)), (a, b) => Number(!(a < b))],
      [(a, b) => ops.where(ops.less(a, b), a, 7), (a, b) => (a < b ? a : 7)],
    ];
    const step = (a: Expr, b: Expr) => table.map(([apply]) => apply(a, b));
    const inputs = [Tensor.of([values.length, 1], values), Tensor.of([row.length], row)];
    expect(await compute(compiledBackend, step, inputs)).toEqual(table.map(([, f]) => pairs(f)));
  });

  test("stay NaN in minima, maxima, limits and kinks", async () => {
    const step = (a: Expr, b: Expr) => [
      ops.minimum(a, b),
      ops.maximum(a, b),
      ops.relu(b),
      ops.sign(b),
      ops.clip(b, -1, 1),
      ops.leakyRelu(b, 0.5),
      ops.abs(b),
      ops.neg(b),
    ];
    const inputs = [Tensor.of([values.length, 1], values), Tensor.of([row.length], row)];
    const results = await compute(compiledBackend, step, inputs);
    const [least, most, relu, sign, ...others] = results;
    // The sign of a zero among zeros is open.
    expect(withoutSigns(least!)).toEqual(withoutSigns(pairs(Math.min)));
    expect(withoutSigns(most!)).toEqual(withoutSigns(pairs(Math.max)));
    expect(withoutSigns(relu!)).toEqual(withoutSigns(each((x) => Math.max(x, 0))).map(fround));
    expect(withoutSigns(sign!)).toEqual(withoutSigns(each(Math.sign)));
    expect(others).toEqual(
      [
        each((x) => Math.min(Math.max(x, -1), 1)),
        each((x) => (x > 0 ? x : x * 0.5)),
        each(Math.abs),
        each((x) => -x),
      ].map((numbers) => numbers.map(fround)),
    );
  });
});

test("a product and a sum are rounded one by one", async () => {
  const x = Array.from({ length: 40 }, (_, i) => fround(1 + (i + 1) * 2 ** -13));
  const rounded = x.map((each) => fround(each * each));
  const inputs = [Tensor.of([40], x), Tensor.of([40], rounded)];
  const step = (x: Expr, y: Expr) => [ops.sub(ops.mul(x, x), y)];
  expect(await compute(compiledBackend, step, inputs)).toEqual([x.map(() => 0)]);
});

const INTEGERS = [
  {
    dtype: "uint8",
    arrayOf: (numbers: readonly bigint[]) => Uint8Array.from(numbers, Number),
    wrap: (x: bigint) => BigInt.asUintN(8, x),
    edges: [0n, 255n],
  },
  {
    dtype: "int32",
    arrayOf: (numbers: readonly bigint[]) => Int32Array.from(numbers, Number),
    wrap: (x: bigint) => BigInt.asIntN(32, x),
    edges: [-(2n ** 31n), 2n ** 31n - 1n],
  },
  {
    dtype: "int64",
    arrayOf: (numbers: readonly bigint[]) => BigInt64Array.from(numbers),
    wrap: (x: bigint) => BigInt.asIntN(64, x),
    edges: [-(2n ** 63n), 2n ** 63n - 1n],
  },
] as const;

test.each(INTEGERS)("$dtype wraps around, also within a loop that goes on with the result", async (type) => {
  const { dtype, arrayOf, wrap, edges } = type;
  const random = new Random(3);
  const [lowest, highest] = edges;
  const near = [lowest, lowest + 1n, highest, highest - 1n, highest / 2n + 1n, 0n, 1n, 3n, wrap(-1n)];
  const row = [...near, ...Array.from({ length: 30 }, () => wrap(BigInt(random.integer(2 ** 31)) ** 3n))];
  const tensor = (shape: readonly number[], numbers: readonly bigint[]) =>
    new Tensor(dtype, shape, arrayOf(numbers) as never);
  const table: readonly (readonly [(a: Expr, b: Expr) => Expr, (a: bigint, b: bigint) => bigint | number])[] = [
    [ops.add, (a, b) => a + b],
    [ops.sub, (a, b) => a - b],
    [ops.mul, (a, b) => a * b],
    [ops.div, (a, b) => (b === 0n ? 0n : a / b)],
    [(a, b) => ops.less(a, ops.add(a, b)), (a, b) => Number(a < wrap(a + b))],
    [(a, b) => ops.greater(ops.sub(a, 1), b), (a, b) => Number(wrap(a - 1n) > b)],
    [
      (a, b) => ops.div(ops.mul(b, 2), ops.add(a, a)),
      (a, b) => (wrap(2n * a) === 0n ? 0n : wrap(2n * b) / wrap(2n * a)),
    ],
    [(a, b) => ops.cast(ops.mul(a, b), "float32"), (a, b) => fround(Number(wrap(a * b)))],
    [
      (a, b) => ops.less(ops.sum(ops.add(a, b), { axis: 1, keepDims: true }), b),
      (a, b) => Number(wrap(sumWith(a)) < b),
    ],
  ];
  const sumWith = (a: bigint) => row.reduce((sum, b) => sum + wrap(a + b), 0n);
  const step = (a: Expr, b: Expr) => table.map(([apply]) => apply(a, b));
  const results = await compute(compiledBackend, step, [tensor([near.length, 1], near), tensor([row.length], row)]);
  const expected = table.map(([, f]) =>
    near.flatMap((a) =>
      row.map((b) => {
        const value = f(a, b);
        return typeof value === "bigint" ? Number(wrap(value)) : value;
      }),
    ),
  );
  expect(results).toEqual(expected);
});

test("casts truncate floats, wrap integers, and take all but zero for true", async () => {
  const floats = [Number.NaN, -0, 0, 2 ** -149, 0.9, 1.99, 254.9, 3];
  const doubles = [Number.NaN, -0, 1e300, -1e300, 1 + 2 ** -24, 1 + 3 * 2 ** -25, 2 ** -150, -2.5];
  const longs = [2n ** 32n, 2n ** 31n, -1n, 2n ** 24n + 1n, 2n ** 53n + 1n, 300n, -300n, 0n];
  const bytes = [0, 1, 255, 128];
  const outputs = await compute(
    compiledBackend,
    (float, double, long, byte) => [
      ...[float, double, long, byte].map((x) => ops.cast(x, "bool")),
      ...(["int32", "int64", "uint8"] as const).map((dtype) => ops.cast(ops.slice(float, 0, 1), dtype)),
      ops.cast(double, "float32"),
      ...(["int32", "uint8", "float32", "float64"] as const).map((dtype) => ops.cast(long, dtype)),
      ops.sub(ops.cast(ops.cast(long, "uint8"), "int32"), 256),
      ...(["int32", "int64", "float32"] as const).map((dtype) => ops.sub(ops.cast(byte, dtype), 256)),
      ops.cast(ops.less(byte, 128), "float64"),
    ],
    [
      Tensor.of([8], floats),
      new Tensor("float64", [8], Float64Array.from(doubles)),
      new Tensor("int64", [8], BigInt64Array.from(longs)),
      new Tensor("uint8", [4], Uint8Array.from(bytes)),
    ],
  );
  const truths = (values: readonly (number | bigint)[]) =>
    values.map((x) => Number(x !== 0 && x !== 0n && !Object.is(x, -0)));
  const whole = [0, 0, 0, 0, 1, 254, 3];
  const low = (bits: number) => longs.map((x) => Number(bits === 8 ? BigInt.asUintN(8, x) : BigInt.asIntN(bits, x)));
  const below = bytes.map((x) => x - 256);
  expect(outputs).toEqual([
    ...[floats, doubles, longs, bytes].map(truths),
    ...[whole, whole, whole],
    doubles.map(fround),
    ...[low(32), low(8), longs.map(Number).map(fround), longs.map(Number)],
    low(8).map((x) => x - 256),
    ...[below, below, below],
    [1, 1, 0, 0],
  ]);
});

test("operands are read where their views point", async () => {
  const [rows, columns] = [40, 24];
  const x = (row: number, column: number) => row * columns + column;
  const step = (x: Expr) => {
    const everyThird = ops.slice(ops.transpose(x), 0, 1, columns, 3); // [8, 40]
    const column = ops.reshape(ops.slice(x, 1, 5, 6), [rows]);
    const part = ops.slice(ops.slice(x, 0, 2, 18, 2), 1, 3, 4); // [8, 1]
    const corner = ops.reshape(ops.slice(ops.slice(x, 0, rows - 1), 1, columns - 1), []);
    const one = ops.sub(ops.add(everyThird, column), ops.mul(part, 2));
    return [
      ops.where(ops.less(everyThird, ops.div(corner, 2)), one, corner),
      ops.mul(ops.slice(everyThird, 1, 7, 8), part),
    ];
  };
  const input = Tensor.of(
    [rows, columns],
    Float32Array.from({ length: rows * columns }, (_, i) => i),
  );
  const corner = x(rows - 1, columns - 1);
  const third = (i: number, j: number) => x(j, 1 + 3 * i);
  const part = (i: number) => x(2 + 2 * i, 3);
  const expected = Array.from({ length: 8 * rows }, (_, at) => {
    const [i, j] = [Math.floor(at / rows), at % rows];
    return third(i, j) < corner / 2 ? third(i, j) + x(j, 5) - 2 * part(i) : corner;
  });
  const products = Array.from({ length: 8 }, (_, i) => third(i, 7) * part(i));
  expect(await compute(compiledBackend, step, [input])).toEqual([expected, products]);
});
