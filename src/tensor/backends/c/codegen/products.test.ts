import { describe, expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { type Expr, ops, Random, Tensor } from "../../../index.ts";
import { sizeOf } from "../../../shape.ts";
import { compiledBackend } from "../backend.ts";

const random = new Random(11);
const normal = (...shape: number[]) => Tensor.of(shape, random.fillNormal(new Float32Array(sizeOf(shape))));

interface Case {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly left: Tensor<"float32">;
  readonly right: Tensor<"float32">;
}

/** The product in float64; both operands have the same number of leading axes, or `right` has none. */
function reference({ left, right, transposeA = false, transposeB = false }: Case): number[] {
  const [rows, inner] = left.shape.slice(-2) as [number, number];
  const [depth, columns] = right.shape.slice(-2) as [number, number];
  const [m, k, n] = [transposeA ? inner : rows, transposeA ? rows : inner, transposeB ? depth : columns];
  const batch = sizeOf(left.shape.slice(0, -2));
  const shared = right.shape.length < left.shape.length;
  return Array.from({ length: batch * m * n }, (_, at) => {
    const [e, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
    let sum = 0;
    for (let p = 0; p < k; p++) {
      const a = left.data[e * m * k + (transposeA ? p * m + i : i * k + p)]!;
      sum += a * right.data[(shared ? 0 : e * k * n) + (transposeB ? j * k + p : p * n + j)]!;
    }
    return sum;
  });
}

const SIZES = [1, 2, 3, 9, 12, 13, 16, 17, 31, 32, 33, 48, 65];
const pick = () => SIZES[random.integer(SIZES.length)]!;

/** Random sizes around those of tiles and panels, and depths of several runs. */
function randomCases(): Case[] {
  return Array.from({ length: 60 }, (_, index) => {
    const [m, n] = [pick(), pick()];
    const k = index % 10 === 0 ? 1000 : pick();
    const batch = [[], [], [3], [2, 2]][index % 4]!;
    const shared = index % 8 === 2 ? [] : batch;
    const [transposeA, transposeB] = [random.integer(2) === 0, random.integer(2) === 0];
    const left = transposeA ? normal(...batch, k, m) : normal(...batch, m, k);
    return { left, right: transposeB ? normal(...shared, n, k) : normal(...shared, k, n), transposeA, transposeB };
  });
}

describe("products", () => {
  test("of all sizes, transposed or not, match float64", async () => {
    const cases = randomCases();
    const step = (...inputs: Expr[]) =>
      cases.map((options, i) => ops.matmul(inputs[2 * i]!, inputs[2 * i + 1]!, options));
    const results = await compute(
      compiledBackend,
      step,
      cases.flatMap(({ left, right }) => [left, right]),
    );
    for (const [i, each] of cases.entries()) {
      const expected = reference(each);
      const scale = Math.sqrt(each.transposeA ? each.left.shape.at(-2)! : each.left.shape.at(-1)!);
      const worst = Math.max(...expected.map((value, at) => Math.abs(value - results[i]![at]!)));
      expect(worst, `${each.left.shape} · ${each.right.shape}`).toBeLessThan(1e-6 * scale * (1 + scale));
    }
  });

  test("of slices and of shuffled axes match those of their copies", async () => {
    const [x, w] = [normal(4, 24, 6, 16), normal(40, 40)];
    const heads = (x: Expr) => ops.transpose(x, [0, 2, 1, 3]);
    const copy = (x: Expr) => ops.mul(ops.exp(ops.mul(x, 0)), x);
    const step = (x: Expr, w: Expr) => {
      const part = ops.slice(ops.slice(w, 0, 3, 19), 1, 5, 38);
      return [
        ops.matmul(heads(x), heads(x), { transposeB: true }),
        ops.matmul(copy(heads(x)), copy(heads(x)), { transposeB: true }),
        ops.matmul(heads(x), part),
        ops.matmul(copy(heads(x)), copy(part)),
      ];
    };
    const [scores, scoresOfCopies, projected, projectedCopies] = await compute(compiledBackend, step, [x, w]);
    expect(scores).toEqual(scoresOfCopies);
    expect(projected).toEqual(projectedCopies);
  });

  test("read nothing past the end of a tensor that is fed: a NaN there would show", async () => {
    const memory = new Float32Array(64 * 33 + 64).fill(Number.NaN);
    const inside = memory.subarray(0, 64 * 33).fill(1);
    const right = new Tensor("float32", [64, 33], inside);
    const [sums] = await compute(compiledBackend, (a, b) => [ops.matmul(a, b)], [normal(20, 64), right]);
    expect(sums!.every(Number.isFinite)).toBe(true);
  });

  test("add a bias to every row, also to a single one", async () => {
    const [x, row, w, bias] = [normal(50, 37), normal(1, 37), normal(45, 37), normal(45)];
    const step = (x: Expr, row: Expr, w: Expr, bias: Expr) => [ops.linear(x, w, bias), ops.linear(row, w, bias)];
    const results = await compute(compiledBackend, step, [x, row, w, bias]);
    for (const [i, left] of [x, row].entries()) {
      const expected = reference({ left, right: w, transposeB: true }).map((sum, at) => sum + bias.data[at % 45]!);
      for (const [at, value] of expected.entries()) expect(results[i]![at]).toBeCloseTo(value, 4);
    }
  });

  test("of float64 tensors are computed in float64", async () => {
    const wide = (tensor: Tensor) =>
      new Tensor("float64", tensor.shape, Float64Array.from(tensor.data as Float32Array));
    const [left, right] = [normal(5, 30), normal(30, 7)];
    const [result] = await compute(compiledBackend, (a, b) => [ops.matmul(a, b)], [wide(left), wide(right)]);
    for (const [at, value] of reference({ left, right }).entries()) expect(result![at]).toBeCloseTo(value, 12);
  });
});

test("results are the same bits for any number of threads", async () => {
  const [x, w, weight] = [normal(640, 96), normal(96, 96), normal(96)];
  const step = (x: Expr, w: Expr, weight: Expr) => {
    const y = ops.layerNorm(ops.matmul(ops.tanh(ops.matmul(x, w)), w), weight);
    return [ops.sum(ops.exp(y), { axis: 0 }), ops.norm(y), ops.matmul(y, y, { transposeA: true })];
  };
  const [one, ...others] = await Promise.all(
    [1, 2, 3, 5].map((threads) => compute(compiledBackend, step, [x, w, weight], threads)),
  );
  for (const other of others) expect(other).toEqual(one);
});
