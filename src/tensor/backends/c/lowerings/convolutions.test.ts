/** Convolutions of random shapes, compiled, against sums in float64 written from the definition. */
import { afterEach, describe, expect, test } from "vitest";
import { compile, grad, ops, Random, spec, Tensor } from "../../../index.ts";
import { compiledBackend } from "../backend.ts";
import { findCompiler } from "../toolchain/compiler.ts";

interface Case {
  readonly image: readonly [batch: number, channels: number, height: number, width: number];
  readonly weight: readonly [outputs: number, channels: number, height: number, width: number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
  readonly groups: number;
}

const { CC } = process.env;
afterEach(() => {
  if (CC === undefined) delete process.env.CC;
  else process.env.CC = CC;
});

function outputSize({ image, weight, stride, dilation, padding }: Case): [number, number] {
  const along = (axis: 0 | 1) => {
    const padded = image[2 + axis]! + padding[axis] + padding[2 + axis]!;
    return Math.floor((padded - dilation[axis] * (weight[2 + axis]! - 1) - 1) / stride[axis]) + 1;
  };
  return [along(0), along(1)];
}

function randomCases(count: number, seed: number): Case[] {
  const random = new Random(seed);
  const below = (n: number) => Math.floor(random.fillUniform(new Float32Array(1), 0, n)[0]!);
  const pick = <T>(...values: readonly T[]) => values[below(values.length)]!;
  const sides = () => pick([0, 0, 0, 0], [1, 1, 1, 1], [below(4), below(4), below(4), below(4)]) as Case["padding"];
  const cases: Case[] = [];
  while (cases.length < count) {
    const isDepthwise = below(6) === 0;
    const groups = isDepthwise ? pick(3, 8) : pick(1, 1, 2);
    const channels = isDepthwise ? 1 : pick(1, 3, 5, 8, 16);
    const outputs = groups * (isDepthwise ? pick(1, 2) : pick(1, 3, 8, 11, 16, 32));
    const each: Case = {
      image: [pick(1, 2, 17), channels * groups, 1 + below(12), 1 + below(40)],
      weight: [outputs, channels, pick(1, 2, 3, 5, 7), pick(1, 2, 3, 5, 7)],
      stride: pick([1, 1], [2, 2], [1 + below(3), 1 + below(4)]),
      dilation: pick([1, 1], [1, 1], [1 + below(3), 1 + below(3)]),
      padding: sides(),
      groups,
    };
    if (Math.min(...outputSize(each)) > 0) cases.push(each);
  }
  return cases;
}

/** Values and gradients of Σ y·g, and the sums of the absolute products, which bound the rounding. */
function reference(c: Case, x: Float32Array, w: Float32Array, bias: Float32Array, g: Float32Array) {
  const [batch, channels, height, width] = c.image;
  const [outputs, perGroup, kernelHeight, kernelWidth] = c.weight;
  const [rows, columns] = outputSize(c);
  const results = [g, x, w].map(({ length }) => ({ sums: new Float64Array(length), sizes: new Float64Array(length) }));
  const add = (to: number, at: number, value: number) => {
    results[to]!.sums[at]! += value;
    results[to]!.sizes[at]! += Math.abs(value);
  };
  for (let at = 0; at < g.length; at++) {
    const column = at % columns;
    const row = Math.floor(at / columns) % rows;
    const output = Math.floor(at / columns / rows) % outputs;
    const image = Math.floor(at / columns / rows / outputs);
    const first = Math.floor(output / (outputs / c.groups)) * perGroup;
    add(0, at, bias[output]!);
    for (let channel = 0; channel < perGroup; channel++) {
      for (let i = 0; i < kernelHeight; i++) {
        const y = row * c.stride[0] + i * c.dilation[0] - c.padding[0];
        for (let j = 0; j < kernelWidth; j++) {
          const left = column * c.stride[1] + j * c.dilation[1] - c.padding[1];
          if (y < 0 || y >= height || left < 0 || left >= width) continue;
          const pixel = ((image * channels + first + channel) * height + y) * width + left;
          const factor = ((output * perGroup + channel) * kernelHeight + i) * kernelWidth + j;
          add(0, at, x[pixel]! * w[factor]!);
          add(1, pixel, g[at]! * w[factor]!);
          add(2, factor, g[at]! * x[pixel]!);
        }
      }
    }
  }
  expect(batch * outputs * rows * columns).toBe(g.length);
  return results;
}

/** The largest error of a convolution and its gradients, in units of the absolute products' sum, by case. */
async function largestErrors(cases: readonly Case[]): Promise<Record<string, number>> {
  const shapes = cases.map((c) => ({
    x: [...c.image],
    w: [...c.weight],
    b: [c.weight[0]],
    g: [c.image[0], c.weight[0], ...outputSize(c)],
  }));
  const inputs = shapes.map(({ x, w, b, g }) => ({ x: spec(x), w: spec(w), b: spec(b), g: spec(g) }));
  const program = compile(
    ({ inputs }) => ({
      outputs: inputs.map(({ x, w, b, g }, i) => {
        const y = ops.conv2d(x, w, b, cases[i]!);
        return [y, ...grad(y.mul(g).sum(), [x, w])];
      }),
    }),
    { inputs },
    { backend: compiledBackend, threads: 2 },
  );
  const random = new Random(1);
  const draw = (shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return Tensor.of(shape, random.fillUniform(new Float32Array(size), -1, 1));
  };
  const feeds = shapes.map(({ x, w, b, g }) => ({ x: draw(x), w: draw(w), b: draw(b), g: draw(g) }));
  const outputs = await program.run(feeds);
  await program.dispose();
  const errors = cases.map((c, i) => {
    const data = (name: "x" | "w" | "b" | "g") => feeds[i]![name].data as Float32Array;
    const expected = reference(c, data("x"), data("w"), data("b"), data("g"));
    const each = expected.map(({ sums, sizes }, which) => {
      const got = outputs[i]![which]!.data;
      return sums.reduce((worst, sum, at) => {
        const error = Math.abs(Number(got[at]) - sum) / (sizes[at]! + 1e-3);
        return Math.max(worst, error); // NaN, too
      }, 0);
    });
    return [JSON.stringify(c), Math.max(...each)] as const;
  });
  return Object.fromEntries(errors.filter(([, error]) => !(error < 2e-6)));
}

/** Vectors of 16, 8 and 4 floats have different tiles. */
const COMPILERS =
  process.arch === "x64"
    ? ["gcc", "gcc -mno-avx512f", "gcc -mno-avx", "clang", "clang -mno-avx512f"]
    : ["gcc", "clang"];

describe("convolutions and their gradients are right for random strides, dilations, paddings and groups", () => {
  test.each(COMPILERS.map((compiler, index) => ({ compiler, index })))(
    "compiled by $compiler",
    async (each) => {
      process.env.CC = each.compiler;
      const isThere = await findCompiler().then(
        () => true,
        () => false,
      );
      if (isThere) expect(await largestErrors(randomCases(10, each.index))).toEqual({});
    },
    120_000,
  );
});

test("a batch of few images is divided by its channels, and one of many by its images", async () => {
  const common = {
    stride: [1, 1],
    dilation: [1, 1],
    padding: [1, 1, 1, 1],
    groups: 1,
    weight: [32, 16, 3, 3],
  } as const;
  const cases: Case[] = [1, 3, 16, 40].map((batch) => ({ ...common, image: [batch, 16, 9, 11] }));
  expect(await largestErrors(cases)).toEqual({});
}, 120_000);
