/** Rows for arithmetic, elementwise functions, comparisons and selection. */
import type { Expr, ExprLike } from "../../ir/expr.ts";
import * as ops from "../../ops/index.ts";
import type { Shape } from "../../shape.ts";
import { map, type NdArray } from "./ndarray.ts";
import { array, broadcastPairs, type Draw, float, int, type Row, type Rows } from "./row.ts";

type Gradient = Pick<Row, "gradient">;

interface UnaryOptions extends Gradient {
  readonly domain?: readonly [low: number, high: number];
  /** Points where naive formulas overflow or cancel. */
  readonly extremes?: readonly number[];
}

function unary(apply: (x: Expr) => Expr, f: (x: number) => number, options: UnaryOptions = {}) {
  const { domain = [-2.5, 2.5], extremes = [], ...gradient } = options;
  const reference = (x: NdArray) => map(f, x);
  return (draw: Draw): Row[] => {
    const shapes: Shape[] = [[], [3, 4], [2, 1, 3], [0, 3], draw.shape()];
    const rows = shapes.map((shape): Row => {
      return { title: `shape [${shape}]`, inputs: [draw.uniform(shape, ...domain)], apply, reference, ...gradient };
    });
    if (extremes.length === 0) return rows;
    return [...rows, { title: "extreme values", inputs: [float([extremes.length], extremes)], apply, reference }];
  };
}

function binary(
  apply: (a: ExprLike, b: ExprLike) => Expr,
  f: (a: number, b: number) => number,
  gradient: Gradient = {},
) {
  return (draw: Draw): Row[] => [
    ...broadcastPairs(draw).map(
      ([left, right]): Row => ({
        title: `shapes [${left}] and [${right}]`,
        inputs: [draw.normal(left), draw.uniform(right, 0.5, 2)],
        apply,
        reference: (a, b) => map(f, a, b),
        ...gradient,
      }),
    ),
    {
      title: "a number on the right",
      inputs: [draw.normal([3])],
      apply: (x) => apply(x, 0.75),
      reference: (x) => map((a) => f(a, 0.75), x),
      ...gradient,
    },
    {
      title: "a number on the left",
      inputs: [draw.uniform([3], 0.5, 2)],
      apply: (x) => apply(0.75, x),
      reference: (x) => map((b) => f(0.75, b), x),
      ...gradient,
    },
  ];
}

/** Less, equal, greater, equal: the winner takes the gradient, and equals share it. */
function extremum(apply: (a: ExprLike, b: ExprLike) => Expr, f: (a: number, b: number) => number) {
  const operands = [float([4], [1, 2, 3, 0]), float([4], [2, 2, 1, 0])] as const;
  const share = (mine: number, other: number) => (mine === other ? 0.5 : Number(f(mine, other) === mine));
  const [a, b] = operands.map(({ data }) => array([4], [...data])) as [NdArray, NdArray];
  return (draw: Draw): Row[] => [
    ...binary(apply, f)(draw),
    {
      title: "equal operands",
      inputs: operands,
      apply,
      reference: (x, y) => map(f, x, y),
      gradient: ([w]) => [map((g, x, y) => g * share(x, y), w!, a, b), map((g, x, y) => g * share(y, x), w!, a, b)],
    },
  ];
}

function comparison(apply: (a: ExprLike, b: ExprLike) => Expr, f: (a: number, b: number) => boolean) {
  const number = (a: number, b: number) => Number(f(a, b));
  return (draw: Draw): Row[] => [
    ...binary(apply, number, { gradient: "none" })(draw),
    {
      title: "integers, some equal",
      inputs: [int([4], [1, 2, 3, -1]), int([4], [1, 3, 2, -1])],
      apply,
      reference: (a, b) => map(number, a, b),
      gradient: "none",
    },
  ];
}

function logical(apply: (a: Expr, b: Expr) => Expr, f: (a: number, b: number) => number) {
  return (draw: Draw): Row[] =>
    broadcastPairs(draw).map(([left, right]) => ({
      title: `shapes [${left}] and [${right}]`,
      inputs: [draw.booleans(left), draw.booleans(right)],
      apply,
      reference: (a, b) => map(f, a, b),
      gradient: "none",
    }));
}

/** A row whose function has a kink in `points`, with its derivative there. */
function kink(
  title: string,
  apply: (x: Expr) => Expr,
  f: (x: number) => number,
  points: readonly number[],
  derivative: (x: number) => number,
): Row {
  const shape = [points.length];
  const at = array(shape, points);
  const reference = (x: NdArray) => map(f, x);
  return {
    title,
    inputs: [float(shape, points)],
    apply,
    reference,
    gradient: ([w]) => [map((g, x) => g * derivative(x), w!, at)],
  };
}

export const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** The Taylor series, which converges everywhere and cancels little for |x| < 3. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const gelu = (x: number) => 0.5 * x * (1 + erf(x * Math.SQRT1_2));
const geluTanh = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export const elementwiseRows: Rows = {
  add: binary(ops.add, (a, b) => a + b),
  sub: binary(ops.sub, (a, b) => a - b),
  mul: binary(ops.mul, (a, b) => a * b),
  div: binary(ops.div, (a, b) => a / b),
  minimum: extremum(ops.minimum, Math.min),
  maximum: extremum(ops.maximum, Math.max),
  neg: unary(ops.neg, (x) => -x),
  exp: unary(ops.exp, Math.exp),
  log: unary(ops.log, Math.log, { domain: [0.1, 3] }),
  log1p: unary(ops.log1p, Math.log1p, { domain: [-0.8, 3], extremes: [1e-7, -1e-7, 3e-20, 0, 1e30] }),
  sqrt: unary(ops.sqrt, Math.sqrt, { domain: [0.1, 3] }),
  square: unary(ops.square, (x) => x * x),
  pow: (draw) => [
    ...unary(
      (x) => ops.pow(x, 3),
      (x) => x ** 3,
    )(draw),
    ...unary(
      (x) => ops.pow(x, -0.5),
      (x) => x ** -0.5,
      { domain: [0.3, 3] },
    )(draw),
  ],
  abs: unary(ops.abs, Math.abs),
  sign: unary(ops.sign, Math.sign),
  tanh: unary(ops.tanh, Math.tanh, { extremes: [-50, -20, 20, 50] }),
  sin: unary(ops.sin, Math.sin),
  cos: unary(ops.cos, Math.cos),
  erf: unary(ops.erf, erf),
  sigmoid: unary(ops.sigmoid, logistic, { extremes: [-200, -20, 20, 200] }),
  softplus: unary(ops.softplus, softplus, { extremes: [-200, -20, 20, 200] }),
  silu: unary(ops.silu, (x) => x * logistic(x), { extremes: [-200, -20, 20, 200] }),
  gelu: (draw) => [
    ...unary(ops.gelu, gelu)(draw),
    ...unary((x) => ops.gelu(x, "tanh"), geluTanh, { extremes: [-20, 20] })(draw),
  ],
  relu: (draw) => [
    ...unary(ops.relu, (x) => Math.max(x, 0))(draw),
    kink(
      "at zero",
      ops.relu,
      (x) => Math.max(x, 0),
      [-1, 0, 1],
      (x) => Number(x > 0),
    ),
  ],
  leakyRelu: (draw) => {
    const leaky = (slope: number) => (x: number) => (x > 0 ? x : slope * x);
    return [
      ...unary(ops.leakyRelu, leaky(0.01))(draw),
      ...unary((x) => ops.leakyRelu(x, 1.5), leaky(1.5))(draw),
      kink(
        "at zero",
        (x) => ops.leakyRelu(x, 0.25),
        leaky(0.25),
        [-1, 0, 1],
        (x) => (x > 0 ? 1 : 0.25),
      ),
    ];
  },
  clip: (draw) => {
    const clip = (x: number) => Math.min(Math.max(x, -1), 0.5);
    const apply = (x: Expr) => ops.clip(x, -1, 0.5);
    return [
      ...unary(apply, clip)(draw),
      kink("at the bounds", apply, clip, [-2, -1, 0, 0.5, 2], (x) => Number(x >= -1 && x <= 0.5)),
    ];
  },
  equal: comparison(ops.equal, (a, b) => a === b),
  less: comparison(ops.less, (a, b) => a < b),
  lessEqual: comparison(ops.lessEqual, (a, b) => a <= b),
  greater: comparison(ops.greater, (a, b) => a > b),
  greaterEqual: comparison(ops.greaterEqual, (a, b) => a >= b),
  logicalAnd: logical(ops.logicalAnd, (a, b) => a * b),
  logicalOr: logical(ops.logicalOr, (a, b) => Math.max(a, b)),
  logicalNot: (draw) => [
    {
      title: "a matrix",
      inputs: [draw.booleans([3, 4])],
      apply: ops.logicalNot,
      reference: (x) => map((value) => 1 - value, x),
      gradient: "none",
    },
  ],
  where: (draw) => [
    ...broadcastPairs(draw).map(
      ([left, right]): Row => ({
        title: `condition [${left}], values [${right}] and a scalar`,
        inputs: [draw.booleans(left), draw.normal(right), draw.normal([])],
        apply: ops.where,
        reference: (condition, a, b) => map((c, x, y) => (c === 1 ? x : y), condition, a, b),
      }),
    ),
    {
      title: "numbers on both sides",
      inputs: [draw.booleans([3, 2])],
      apply: (condition) => ops.where(condition, 2, -1),
      reference: (condition) => map((c) => (c === 1 ? 2 : -1), condition),
      gradient: "none",
    },
  ],
  cast: (draw) => [
    {
      title: "float to int64 truncates towards zero",
      inputs: [float([4], [-1.7, -0.2, 0.9, 2.5])],
      apply: (x) => ops.cast(x, "int64"),
      reference: (x) => map(Math.trunc, x),
      gradient: "none",
    },
    {
      title: "int64 and bool to float",
      inputs: [draw.integers([2, 3], 100), draw.booleans([0])],
      apply: (a, b) => [ops.cast(a, "float32"), ops.cast(b, "float32")],
      reference: (a, b) => [a, b],
      gradient: "none",
    },
    {
      title: "to float64 and back, with its gradient",
      inputs: [draw.normal([2, 3])],
      apply: (x) => ops.cast(ops.mul(ops.cast(x, "float64"), 2), "float32"),
      reference: (x) => map((value) => 2 * value, x),
    },
  ],
  stopGradient: () => [
    // d(x · stop(x))/dx = x, half of what x² would give.
    kink(
      "one factor held fixed",
      (x) => ops.mul(x, ops.stopGradient(x)),
      (x) => x * x,
      [-1, 0.5, 3],
      (x) => x,
    ),
  ],
  constant: (draw) => [
    {
      title: "numbers and tensors",
      inputs: [draw.normal([2])],
      apply: (x) => [ops.mul(x, ops.constant(3)), ops.add(x, ops.constant(float([2], [1, -2])))],
      reference: (x) => [map((value) => 3 * value, x), map((a, b) => a + b, x, array([2], [1, -2]))],
    },
    {
      title: "infinities, NaN and both zeros stay apart",
      inputs: [float([1], [1])],
      apply: (x) =>
        [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0].map((value) => ops.div(x, ops.constant(value))),
      reference: () => [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => array([1], [value])),
      gradient: "none",
    },
  ],
};
