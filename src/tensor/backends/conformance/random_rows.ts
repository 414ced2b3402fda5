/**
 * Random programs: views, joins, broadcasts and arithmetic in any order, each run twice, on expressions and on float64
 * arrays. They test how the tracer's simplifications interact, which tables do not reach.
 */
import type { Expr } from "../../ir/expr.ts";
import * as ops from "../../ops/index.ts";
import { broadcastShapes, type Shape, sizeOf } from "../../shape.ts";
import { build, concat, item, map, type NdArray, reduce, reshape, slice, total, transpose } from "./ndarray.ts";
import type { Draw, Row, Rows } from "./row.ts";

/** An instruction's function on either kind of value, and its result's shape. */
interface Instruction {
  readonly shape: Shape;
  readonly onExpr: (...values: Expr[]) => Expr;
  readonly onArray: (...values: NdArray[]) => NdArray;
}

/** Creates an instruction for a value of shape `a` (and another of shape `b`), or none if it does not apply. */
type Maker = (draw: Draw, a: Shape, b: Shape) => Instruction | undefined;

function elementwise(onExpr: Instruction["onExpr"], f: (...values: number[]) => number): Maker {
  return (_, a, b) => {
    const shape = f.length === 1 ? a : broadcastShapes(a, b);
    const operands = (values: NdArray[]) => values.slice(0, f.length);
    return shape && { shape, onExpr, onArray: (...values) => map(f, ...operands(values)) };
  };
}

/** An instruction on one axis of a tensor that has axes. */
function alongAxis(make: (draw: Draw, shape: Shape, axis: number, size: number) => Instruction): Maker {
  return (draw, shape) => {
    if (shape.length === 0) return undefined;
    const axis = draw.integer(shape.length);
    return make(draw, shape, axis, shape[axis]!);
  };
}

const sliced = alongAxis((draw, shape, axis, size) => {
  const start = draw.integer(size);
  const end = start + 1 + draw.integer(size - start);
  const step = 1 + draw.integer(2);
  return {
    shape: shape.with(axis, Math.ceil((end - start) / step)),
    onExpr: (x) => ops.slice(x, axis, start, end, step),
    onArray: (x) => slice(x, axis, start, end, step),
  };
});

const rearranged = alongAxis((draw, shape, axis, size) => {
  const cut = draw.integer(size + 1);
  return {
    shape: shape.with(axis, 2 * size - cut),
    onExpr: (x) => {
      const [head, tail] = ops.split(x, [cut, size - cut], axis) as [Expr, Expr];
      return ops.concat([tail, head, tail], axis);
    },
    onArray: (x) => {
      const tail = slice(x, axis, cut, size);
      return concat([tail, slice(x, axis, 0, cut), tail], axis);
    },
  };
});

const summed = alongAxis((_, shape, axis) => ({
  shape: shape.with(axis, 1),
  onExpr: (x) => ops.sum(x, { axis, keepDims: true }),
  onArray: (x) => reduce(x, [axis], total, true),
}));

const spread = alongAxis((_, shape, axis) => ({
  shape,
  onExpr: (x) => ops.broadcastTo(ops.mean(x, { axis, keepDims: true }), shape),
  onArray: (x) => {
    const sum = reduce(x, [axis], total, true);
    return build(shape, (index) => item(sum, index) / shape[axis]!);
  },
}));

const flattened: Maker = (_, shape) => ({
  shape: [sizeOf(shape)],
  onExpr: (x) => ops.reshape(x, [-1]),
  onArray: (x) => reshape(x, [sizeOf(shape)]),
});

const rotated: Maker = (_, shape) => {
  const order = shape.map((_, axis) => (axis + 1) % shape.length);
  return {
    shape: order.map((axis) => shape[axis]!),
    onExpr: (x) => ops.transpose(x, order),
    onArray: (x) => transpose(x, order),
  };
};

const MAKERS: readonly Maker[] = [
  elementwise(
    (x) => ops.tanh(x!),
    (x) => Math.tanh(x!),
  ),
  elementwise(
    (x) => ops.mul(ops.mul(x!, 0.5), -1.5),
    (x) => x! * -0.75,
  ),
  elementwise(
    (a, b) => ops.add(a!, b!),
    (a, b) => a! + b!,
  ),
  elementwise(
    (a, b) => ops.sub(b!, a!),
    (a, b) => b! - a!,
  ),
  elementwise(
    (a, b) => ops.mul(ops.sigmoid(a!), b!),
    (a, b) => b! / (1 + Math.exp(-a!)),
  ),
  sliced,
  rearranged,
  summed,
  spread,
  flattened,
  rotated,
];

const INPUT_SHAPES: readonly Shape[] = [[4, 3], [3], [4, 1], []];
const LARGEST = 60;

function randomProgram(draw: Draw, length: number): Row {
  const shapes = [...INPUT_SHAPES];
  const instructions: (Instruction & { readonly reads: readonly number[] })[] = [];
  while (instructions.length < length) {
    const reads = [draw.integer(shapes.length), draw.integer(shapes.length)];
    const [a, b] = reads.map((at) => shapes[at]!) as [Shape, Shape];
    const made = MAKERS[draw.integer(MAKERS.length)]!(draw, a, b);
    if (made === undefined || sizeOf(made.shape) > LARGEST) continue;
    instructions.push({ ...made, reads });
    shapes.push(made.shape);
  }
  function run<Value>(inputs: readonly Value[], step: (at: Instruction, values: Value[]) => Value): Value[] {
    const values = [...inputs];
    for (const at of instructions)
      values.push(
        step(
          at,
          at.reads.map((index) => values[index]!),
        ),
      );
    return values.slice(inputs.length);
  }
  return {
    title: `${length} instructions`,
    inputs: INPUT_SHAPES.map((shape) => draw.uniform(shape, -1, 1)),
    apply: (...inputs) => run(inputs, ({ onExpr }, values) => onExpr(...values)),
    reference: (...inputs) => run(inputs, ({ onArray }, values) => onArray(...values)),
  };
}

export const randomRows: Rows = {
  "a random program": (draw) => Array.from({ length: 16 }, (_, i) => randomProgram(draw, 2 + (i % 8))),
};
