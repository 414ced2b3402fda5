/** Broadcasting: of operands, to a given shape, and its adjoint, the sum back to the smaller shape. */

import type { Emitter } from "../backends/onnx/emitter.ts";
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr, type ExprLike, toExprs } from "../ir/expr.ts";
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf } from "../shape.ts";

const broadcastNode = definePrimitive<{ shape: Shape }>({
  name: "broadcastTo",
  vjp: (g, node) => sumTo(g, node.inputs[0]!.shape),
  emit: ({ attributes }, [x], emitter) => emitter.op("Expand", [x!, emitter.int64(attributes.shape)]),
});

export const isBroadcast = broadcastNode.is;

/** @throws TraceError when `x` does not broadcast to `shape`. */
export function broadcastTo(x: Expr, shape: Shape): Expr {
  if (sameShape(x.shape, shape)) return x;
  const joined = broadcastShapes(x.shape, shape);
  if (joined === undefined || !sameShape(joined, shape)) {
    throw new TraceError(`broadcastTo: shape ${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}`);
  }
  const source = isBroadcast(x) ? x.inputs[0]! : x;
  return broadcastNode([source], { shape }, shape);
}

const sumToNode = definePrimitive<{ shape: Shape; axes: readonly number[] }>({
  name: "sumTo",
  vjp: (g, node) => broadcastTo(g, node.inputs[0]!.shape),
  narrow(node, axis, start, end) {
    const source = node.inputs[0]!;
    const sourceAxis = axis + source.rank - node.rank;
    if (node.attributes.axes.includes(sourceAxis)) return undefined;
    const narrowed = source.primitive.narrow?.(source, sourceAxis, start, end);
    return narrowed && sumTo(narrowed, node.shape.with(axis, end - start));
  },
  emit({ attributes, inputs }, [x], emitter) {
    const { axes, shape } = attributes;
    const reduced = axes.length === 0 ? x! : emitSum(emitter, inputs[0]!, x!, axes);
    if (shape.length === inputs[0]!.rank) return reduced;
    return emitter.op("Reshape", [reduced, emitter.int64(shape)], { allowzero: 1 });
  },
});

/**
 * Emits the sum over `axes`, keeping them with size 1. Over leading axes it is written as a product with a row of ones,
 * which ONNX Runtime computes several times faster than ReduceSum.
 */
export function emitSum(emitter: Emitter, x: Expr, name: string, axes: readonly number[]): string {
  const rows = sizeOf(x.shape.slice(0, axes.length));
  const columns = sizeOf(x.shape.slice(axes.length));
  const leading = axes.every((axis, i) => axis === i);
  if (!leading || x.dtype !== "float32" || rows < 2 || columns < 2) {
    return emitter.op("ReduceSum", [name, emitter.int64(axes)], { keepdims: 1 });
  }
  const reshape = (value: string, shape: Shape) => emitter.op("Reshape", [value, emitter.int64(shape)]);
  const matrix = x.rank === 2 ? name : reshape(name, [rows, columns]);
  const total = emitter.op("MatMul", [emitter.ones([1, rows]), matrix]);
  return x.rank === 2 ? total : reshape(total, [...axes.map(() => 1), ...x.shape.slice(axes.length)]);
}

/** Sums over the axes along which `shape` was broadcast to get the shape of `x`. */
export function sumTo(x: Expr, shape: Shape): Expr {
  if (sameShape(x.shape, shape)) return x;
  const added = x.rank - shape.length;
  const axes = x.shape.flatMap((dim, axis) => (axis < added || (shape[axis - added] === 1 && dim !== 1) ? [axis] : []));
  return sumToNode([x], { shape, axes }, shape);
}

/** Checks and broadcasts operands; shared by arithmetic, comparison and selection. */
export function broadcastOperands(name: string, values: readonly ExprLike[]): { operands: Expr[]; shape: Shape } {
  const operands = toExprs(name, values);
  let shape: Shape = [];
  for (const operand of operands) {
    const joined = broadcastShapes(shape, operand.shape);
    if (joined === undefined) {
      const shapes = operands.map((each) => formatShape(each.shape)).join(" and ");
      throw new TraceError(`${name}: shapes ${shapes} do not broadcast together`);
    }
    shape = joined;
  }
  return { operands, shape };
}

/** ONNX broadcasts by itself, so an explicit expansion is dropped while another operand has the full shape. */
export function withoutExpansions(operands: readonly Expr[], shape: Shape): Expr[] {
  const isFull = (operand: Expr) => !isBroadcast(operand) && sameShape(operand.shape, shape);
  return operands.map((operand, index) => {
    const source = isBroadcast(operand) ? operand.inputs[0]! : operand;
    return operands.some((other, at) => at !== index && isFull(other)) ? source : operand;
  });
}
