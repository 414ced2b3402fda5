/** Rows for reductions, softmax and normalisation. */
import type { Expr } from "../../ir/expr.ts";
import type { ReduceOptions } from "../../ops/index.ts";
import * as ops from "../../ops/index.ts";
import type { Shape } from "../../shape.ts";
import { average, build, item, map, type NdArray, reduce, reshape, total } from "./ndarray.ts";
import { array, type Draw, float, type Row, type Rows } from "./row.ts";

const CASES: readonly (readonly [Shape, ReduceOptions, axes: readonly number[]])[] = [
  [[], {}, []],
  [[3, 4], {}, [0, 1]],
  [[2, 3, 4], { axis: -1 }, [2]],
  [[2, 3, 4], { axis: [0, -2], keepDims: true }, [0, 1]],
  [[2, 3, 4], { axis: [2, 0] }, [0, 2]],
  [[3, 1], { axis: 1 }, [1]],
  [[3, 2], { axis: [] }, []],
  [[0, 3], { axis: 1 }, [1]],
];

function reduction(apply: (x: Expr, options: ReduceOptions) => Expr, f: (values: number[]) => number) {
  return (draw: Draw): Row[] =>
    CASES.map(([shape, options, axes]) => ({
      title: `[${shape}] ${JSON.stringify(options)}`,
      inputs: [draw.normal(shape)],
      apply: (x) => apply(x, options),
      reference: (x) => reduce(x, axes, f, options.keepDims),
    }));
}

/** Two of three elements are the extremum: each gets half of the gradient. */
function tie(apply: (x: Expr) => Expr, f: (values: number[]) => number, values: readonly number[]): Row {
  const winners = values.map((value) => value === f([...values]));
  const share = array(
    [values.length],
    winners.map((wins) => (wins ? 1 / winners.filter(Boolean).length : 0)),
  );
  return {
    title: "several equal winners",
    inputs: [float([values.length], values)],
    apply,
    reference: (x) => reduce(x, [0], f),
    gradient: ([w]) => [map((g, s) => g * s, w!, share)],
  };
}

const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

function logSumExp(values: readonly number[]): number {
  const top = largest(values);
  return Number.isFinite(top) ? top + Math.log(total(values.map((value) => Math.exp(value - top)))) : top;
}

function variance(correction: number) {
  return (values: readonly number[]) => {
    const mean = average(values);
    return total(values.map((value) => (value - mean) ** 2)) / (values.length - correction);
  };
}

export function softmax(x: NdArray, axis: number): NdArray {
  return map(Math.exp, logSoftmax(x, axis));
}

function logSoftmax(x: NdArray, axis: number): NdArray {
  return map((value, normalizer) => value - normalizer, x, reduce(x, [axis], logSumExp, true));
}

function softmaxRows(apply: (x: Expr, axis?: number) => Expr, f: (x: NdArray, axis: number) => NdArray) {
  const shapes = [
    [[3, 4], -1],
    [[3, 4], 0],
    [[2, 3, 2], 1],
    [[5], 0],
    [[0, 3], 1],
    [[3, 1], 1],
  ] as const;
  return (draw: Draw): Row[] => [
    ...shapes.map(
      ([shape, axis]): Row => ({
        title: `[${shape}] along ${axis}`,
        inputs: [draw.normal(shape)],
        apply: (x) => apply(x, axis),
        reference: (x) => f(x, axis < 0 ? axis + shape.length : axis),
      }),
    ),
    {
      title: "large logits",
      inputs: [float([2, 3], [1000, 1001, 0, -1000, -1001, -3000])],
      apply: (x) => apply(x),
      reference: (x) => f(x, 1),
    },
  ];
}

function normalize(x: NdArray, axes: readonly number[], epsilon: number): NdArray {
  const mean = reduce(x, axes, average, true);
  const spread = reduce(x, axes, variance(0), true);
  return map((value, m, s) => (value - m) / Math.sqrt(s + epsilon), x, mean, spread);
}

const affine = (x: NdArray, weight: NdArray, bias: NdArray) => map((value, w, b) => value * w + b, x, weight, bias);

function layerNormRows(draw: Draw): Row[] {
  const shapes = [[3, 4], [4], [2, 3, 5], [0, 4], [3, 1]];
  return [
    ...shapes.map((shape): Row => {
      const last = shape.length - 1;
      return {
        title: `[${shape}]`,
        inputs: [draw.normal(shape), draw.normal([shape[last]!]), draw.normal([shape[last]!])],
        apply: (x, weight, bias) => ops.layerNorm(x, weight, bias),
        reference: (x, weight, bias) => affine(normalize(x, [last], 1e-5), weight, bias),
        tolerance: 1e-4,
      };
    }),
    {
      title: "no weights, a large epsilon",
      inputs: [draw.normal([3, 4])],
      apply: (x) => ops.layerNorm(x, undefined, undefined, 0.5),
      reference: (x) => normalize(x, [1], 0.5),
    },
  ];
}

function groupNorm(x: NdArray, groups: number): NdArray {
  const [batch, channels, ...positions] = x.shape as [number, number, ...number[]];
  const grouped = reshape(x, [batch, groups, channels / groups, ...positions]);
  return reshape(normalize(grouped, x.shape.map((_, axis) => axis + 1).slice(1), 1e-5), x.shape);
}

function groupNormRows(draw: Draw): Row[] {
  const shapes = [
    [[2, 4, 3, 2], 2],
    [[2, 4], 2],
    [[2, 3, 2, 2], 1],
    [[2, 4, 3], 4],
    [[0, 4, 2, 2], 2],
  ] as const;
  return shapes.map(([shape, groups]) => {
    const perChannel = (values: NdArray) => reshape(values, [shape[1], ...shape.slice(2).map(() => 1)]);
    return {
      title: `[${shape}] in ${groups} groups`,
      inputs: [draw.normal(shape), draw.normal([shape[1]]), draw.normal([shape[1]])],
      apply: (x, weight, bias) => ops.groupNorm(x, groups, weight, bias),
      reference: (x, weight, bias) => affine(groupNorm(x, groups), perChannel(weight), perChannel(bias)),
      tolerance: 1e-4,
    };
  });
}

const LOWEST = Number.NEGATIVE_INFINITY;

export const reductionRows: Rows = {
  sum: (draw) => [
    ...reduction(ops.sum, total)(draw),
    {
      title: "over an empty axis",
      inputs: [draw.normal([0, 3])],
      apply: (x) => ops.sum(x, { axis: 0 }),
      reference: (x) => reduce(x, [0], total),
    },
  ],
  mean: reduction(ops.mean, average),
  max: (draw) => [...reduction(ops.max, largest)(draw), tie((x) => ops.max(x), largest, [2, 5, 1, 5, 5])],
  min: (draw) => {
    const smallest = (values: readonly number[]) => -largest(values.map((value) => -value));
    return [...reduction(ops.min, smallest)(draw), tie((x) => ops.min(x), smallest, [2, 1, 1])];
  },
  variance: (draw) => [
    ...reduction(ops.variance, variance(0))(draw),
    {
      title: "Bessel's correction",
      inputs: [draw.normal([2, 5])],
      apply: (x) => ops.variance(x, { axis: 1, correction: 1 }),
      reference: (x) => reduce(x, [1], variance(1)),
    },
  ],
  norm: (draw) => [
    {
      title: "a matrix",
      inputs: [draw.normal([3, 4])],
      apply: ops.norm,
      reference: (x) => reduce(x, [0, 1], (values) => Math.hypot(...values)),
    },
  ],
  softmax: softmaxRows(ops.softmax, softmax),
  logSoftmax: softmaxRows(ops.logSoftmax, logSoftmax),
  logSumExp: (draw) => [
    ...reduction(ops.logSumExp, logSumExp)(draw),
    {
      title: "large and small logits",
      inputs: [float([2, 3], [1000, 1001, 0, -1000, -1001, -3000])],
      apply: (x) => ops.logSumExp(x, { axis: 1 }),
      reference: (x) => reduce(x, [1], logSumExp),
    },
    {
      title: "a row of −∞ next to a row with one",
      inputs: [float([2, 2], [LOWEST, LOWEST, LOWEST, 3])],
      apply: (x) => ops.logSumExp(x, { axis: -1 }),
      reference: () => array([2], [LOWEST, 3]),
      gradient: ([w]) => [build([2, 2], (index) => (index[0] === 1 && index[1] === 1 ? item(w!, [1]) : 0))],
    },
  ],
  layerNorm: layerNormRows,
  groupNorm: groupNormRows,
};
