/** Rows for products of matrices: matmul, linear layers and attention. */
import type { Expr } from "../../ir/expr.ts";
import * as ops from "../../ops/index.ts";
import { build, item, map, matmul, matrixTranspose, type NdArray, slice } from "./ndarray.ts";
import { softmax } from "./reduction_rows.ts";
import { type Draw, int, type Row, type Rows } from "./row.ts";

const BATCHES: readonly (readonly [number[], number[]])[] = [
  [[], []],
  [[2], []],
  [[], [2]],
  [[2, 1], [3]],
  [[2], [2]],
  [[0], []],
  [[1], [3]],
];

function matmulRows(draw: Draw): Row[] {
  const flags = [false, true];
  const products = BATCHES.flatMap(([left, right]) =>
    flags.flatMap((transposeA) =>
      flags.map((transposeB): Row => {
        const [a, b] = [
          [...left, ...(transposeA ? [4, 3] : [3, 4])],
          [...right, ...(transposeB ? [2, 4] : [4, 2])],
        ];
        return {
          title: `[${a}]${transposeA ? "ᵀ" : ""} · [${b}]${transposeB ? "ᵀ" : ""}`,
          inputs: [draw.normal(a), draw.normal(b)],
          apply: (x, y) => ops.matmul(x, y, { transposeA, transposeB }),
          reference: (x, y) => matmul(transposeA ? matrixTranspose(x) : x, transposeB ? matrixTranspose(y) : y),
        };
      }),
    ),
  );
  const edges = (
    [
      [
        [0, 3],
        [3, 2],
      ],
      [
        [2, 0],
        [0, 3],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ] as const
  ).map(
    ([a, b]): Row => ({
      title: `[${a}] · [${b}]`,
      inputs: [draw.normal(a), draw.normal(b)],
      apply: (x, y) => ops.matmul(x, y),
      reference: matmul,
    }),
  );
  return [...products, ...edges];
}

/** x·Wᵀ + b by the definition: one dot product per output. */
function linear(x: NdArray, weight: NdArray, bias?: NdArray): NdArray {
  const [ensemble, [out, features]] = [weight.shape.slice(0, -2), weight.shape.slice(-2) as [number, number]];
  return build([...ensemble, ...x.shape.slice(0, -1), out], (index) => {
    const member = index.slice(0, ensemble.length);
    const at = index.at(-1)!;
    let sum = bias === undefined ? 0 : item(bias, [...member, at]);
    for (let k = 0; k < features; k++) {
      sum += item(weight, [...member, at, k]) * item(x, [...index.slice(ensemble.length, -1), k]);
    }
    return sum;
  });
}

function linearRows(draw: Draw): Row[] {
  const shapes = [
    [
      [5, 3],
      [2, 3],
    ],
    [
      [5, 0],
      [2, 0],
    ],
    [[3], [2, 3]],
    [
      [2, 4, 3],
      [2, 3],
    ],
    [
      [0, 3],
      [2, 3],
    ],
    [
      [1, 1],
      [1, 1],
    ],
    [
      [5, 3],
      [4, 2, 3],
    ],
    [[3], [4, 2, 3]],
    [
      [0, 3],
      [4, 2, 3],
    ],
  ] as const;
  return shapes.flatMap(([x, weight]): Row[] => [
    {
      title: `x [${x}], weight [${weight}]`,
      inputs: [draw.normal(x), draw.normal(weight)],
      apply: (a, b) => ops.linear(a, b),
      reference: (a, b) => linear(a, b),
    },
    {
      title: `x [${x}], weight [${weight}] and a bias`,
      inputs: [draw.normal(x), draw.normal(weight), draw.normal(weight.slice(0, -1))],
      apply: ops.linear,
      reference: linear,
    },
  ]);
}

/** Biases that are not arrays of their own. */
function biasRows(draw: Draw): Row[] {
  const cases: Record<string, [bias: number[], apply: (b: Expr) => Expr, reference: (b: NdArray) => NdArray]> = {
    "every other element": [[12], (b) => ops.slice(b, 0, 0, 12, 2), (b) => slice(b, 0, 0, 12, 2)],
    "one element for all": [[1], (b) => ops.broadcastTo(b, [6]), (b) => build([6], () => item(b, [0]))],
    zeros: [[6], () => ops.zeros([6]), () => build([6], () => 0)],
  };
  return Object.entries(cases).map(([title, [bias, apply, reference]]) => ({
    title: `a bias of ${title}`,
    inputs: [draw.normal([5, 7]), draw.normal([6, 7]), draw.normal(bias)],
    apply: (x, weight, b) => ops.linear(x, weight, apply(b)),
    reference: (x, weight, b) => linear(x, weight, reference(b)),
  }));
}

const NEVER = Number.NEGATIVE_INFINITY;

function attention(query: NdArray, key: NdArray, value: NdArray, scale: number, mask?: NdArray): NdArray {
  const scores = map((score) => score * scale, matmul(query, matrixTranspose(key)));
  return matmul(
    softmax(mask === undefined ? scores : map((a, b) => a + b, scores, mask), scores.shape.length - 1),
    value,
  );
}

function attentionRows(draw: Draw): Row[] {
  const heads = () => [draw.normal([2, 2, 3, 4]), draw.normal([2, 2, 5, 4]), draw.normal([2, 2, 5, 3])];
  const causal = build([3, 5], ([i, j]) => (j! <= i! ? 0 : NEVER));
  return [
    {
      title: "batched heads",
      inputs: heads(),
      apply: (q, k, v) => ops.attention(q, k, v),
      reference: (q, k, v) => attention(q, k, v, 0.5),
    },
    {
      title: "causal",
      inputs: heads(),
      apply: (q, k, v) => ops.attention(q, k, v, { causal: true }),
      reference: (q, k, v) => attention(q, k, v, 0.5, causal),
    },
    {
      title: "a float mask that broadcasts, and a scale",
      inputs: [...heads(), draw.normal([3, 5])],
      apply: (q, k, v, mask) => ops.attention(q, k, v, { mask, scale: 0.3 }),
      reference: (q, k, v, mask) => attention(q, k, v, 0.3, mask),
    },
    {
      title: "a boolean mask",
      inputs: [draw.normal([3, 4]), draw.normal([5, 4]), draw.normal([5, 2]), draw.integers([3, 1], 5)],
      // Every query sees the keys up to a random one, so no row is empty.
      apply: (q, k, v, last) =>
        ops.attention(q, k, v, { mask: ops.lessEqual(ops.constant(int([5], [0, 1, 2, 3, 4])), last) }),
      reference: (q, k, v, last) =>
        attention(
          q,
          k,
          v,
          0.5,
          build([3, 5], (index) => (index[1]! <= item(last, index) ? 0 : NEVER)),
        ),
    },
    {
      title: "an empty batch",
      inputs: [draw.normal([0, 3, 4]), draw.normal([0, 5, 4]), draw.normal([0, 5, 2])],
      apply: (q, k, v) => ops.attention(q, k, v),
      reference: (q, k, v) => attention(q, k, v, 0.5),
    },
  ];
}

export const productRows: Rows = {
  matmul: matmulRows,
  linear: (draw) => [...linearRows(draw), ...biasRows(draw)],
  attention: attentionRows,
};
