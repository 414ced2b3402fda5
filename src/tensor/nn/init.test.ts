/** Initial values have the distributions that PyTorch documents, and depend only on the seed. */
import { describe, expect, test } from "vitest";
import { nn, Random, type Shape, type Tensor } from "../index.ts";

const draw = (initializer: nn.init.Initializer, shape: Shape, seed = 1) => initializer(new Random(seed), shape).data;

function moments(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
}

/** 6 standard errors of a mean of n values with this deviation: chance failures are practically excluded. */
const meanTolerance = (deviation: number, n: number) => (6 * deviation) / Math.sqrt(n);

describe("distributions", () => {
  test.each([
    ["kaimingUniform of a matrix", nn.init.kaimingUniform, [200, 400], 1 / Math.sqrt(400)],
    ["kaimingUniform of a kernel counts its area", nn.init.kaimingUniform, [100, 16, 5, 5], 1 / Math.sqrt(400)],
    ["uniform", nn.init.uniform(0.3), [200, 400], 0.3],
  ] as const)("%s is uniform within its bound", (_, initializer, shape, bound) => {
    const values = draw(initializer, shape);
    const { mean, deviation, largest } = moments(values);
    expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(largest).toBeGreaterThan(bound * 0.999);
    expect(Math.abs(mean)).toBeLessThan(meanTolerance(bound / Math.sqrt(3), values.length));
    expect(deviation / (bound / Math.sqrt(3))).toBeCloseTo(1, 1.5);
  });

  test.each([
    ["kaimingNormal", nn.init.kaimingNormal, [200, 400], 1 / Math.sqrt(400)],
    ["normal", nn.init.normal(0.3), [200, 400], 0.3],
  ] as const)("%s has its standard deviation", (_, initializer, shape, expected) => {
    const values = draw(initializer, shape);
    const { mean, deviation, largest } = moments(values);
    expect(deviation / expected).toBeCloseTo(1, 1.5);
    expect(Math.abs(mean)).toBeLessThan(meanTolerance(expected, values.length));
    expect(largest).toBeGreaterThan(3 * expected);
  });

  test("zeros and ones are constant", () => {
    expect([...draw(nn.init.zeros, [2])]).toEqual([0, 0]);
    expect([...draw(nn.init.ones, [2])]).toEqual([1, 1]);
  });
});

describe("orthogonal", () => {
  test.each([
    [[5, 8], 1],
    [[8, 5], 1],
    [[6, 6], 1.5],
    [[4, 3, 2, 2], 2],
  ] as const)("of shape %j with gain %d has orthogonal rows or columns of that length", (shape, gain) => {
    const values = draw(nn.init.orthogonal(gain), shape);
    const rows = shape[0];
    const columns = values.length / rows;
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const element = (vector: number, i: number) => {
      return rows <= columns ? values[vector * columns + i]! : values[i * columns + vector]!;
    };
    for (let a = 0; a < count; a++) {
      for (let b = 0; b <= a; b++) {
        let product = 0;
        for (let i = 0; i < length; i++) product += element(a, i) * element(b, i);
        expect(product).toBeCloseTo(a === b ? gain * gain : 0, 5);
      }
    }
  });

  test("favours no direction: every element has mean 0 over seeds", () => {
    const seeds = 2000;
    const sums = new Float64Array(4);
    for (let seed = 0; seed < seeds; seed++) {
      for (const [i, value] of draw(nn.init.orthogonal(), [2, 2], seed).entries()) sums[i]! += value;
    }
    for (const sum of sums) expect(Math.abs(sum / seeds)).toBeLessThan(meanTolerance(Math.SQRT1_2, seeds));
  });
});

describe("modules start where PyTorch's do:", () => {
  const largest = ({ data }: Tensor) => moments(data as Float32Array).largest;

  test("linear within 1/√inputs, bias included", () => {
    const { weight, bias } = nn.linear(64, 500).init(new Random(2));
    for (const tensor of [weight, bias]) {
      expect(largest(tensor)).toBeLessThanOrEqual(1 / 8);
      expect(largest(tensor)).toBeGreaterThan(0.98 / 8);
    }
  });

  test("conv2d within 1/√(inputs per group · kernel area)", () => {
    const { weight, bias } = nn.conv2d(32, 400, [3, 2], { groups: 2 }).init(new Random(2));
    const bound = 1 / Math.sqrt(16 * 6);
    for (const tensor of [weight, bias!]) {
      expect(largest(tensor)).toBeLessThanOrEqual(bound * (1 + 1e-6));
      expect(largest(tensor)).toBeGreaterThan(0.98 * bound);
    }
  });

  test.each([
    ["layerNorm", nn.layerNorm(3)],
    ["groupNorm", nn.groupNorm(1, 3)],
  ] as const)("%s as the identity", (_, module) => {
    const { weight, bias } = module.init(new Random(2));
    expect([...weight.data, ...bias.data]).toEqual([1, 1, 1, 0, 0, 0]);
  });

  test("selfAttention with Xavier-uniform projections and no biases", () => {
    const { in_proj_weight, in_proj_bias, out_proj } = nn.selfAttention(64, 4).init(new Random(2));
    const bound = Math.sqrt(6 / (64 + 3 * 64));
    expect(largest(in_proj_weight)).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(largest(in_proj_weight)).toBeGreaterThan(0.99 * bound);
    expect(largest(in_proj_bias)).toBe(0);
    expect(largest(out_proj.bias)).toBe(0);
    expect(largest(out_proj.weight)).toBeLessThanOrEqual(1 / 8);
  });

  test("embedding from N(0, 1)", () => {
    const { deviation } = moments(nn.embedding(100, 100).init(new Random(2)).weight.data as Float32Array);
    expect(deviation).toBeCloseTo(1, 1.5);
  });
});
