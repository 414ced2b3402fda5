/** Broadcasting: of operands, to a given shape, and its adjoint, the sum back to the smaller shape. */
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr, type ExprLike } from "../ir/expr.ts";
import { toExprs } from "../ir/leaves.ts";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../shape.ts";

export const broadcastNode = definePrimitive<{ shape: Shape }>({
  name: "broadcastTo",
  vjp: (g, node) => sumTo(g, node.inputs[0]!.shape),
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

export const sumToNode = definePrimitive<{ shape: Shape; axes: readonly number[] }>({
  name: "sumTo",
  vjp: (g, node) => broadcastTo(g, node.inputs[0]!.shape),
  narrow(node, axis, start, end) {
    const source = node.inputs[0]!;
    const sourceAxis = axis + source.rank - node.rank;
    if (node.attributes.axes.includes(sourceAxis)) return undefined;
    const narrowed = source.primitive.narrow?.(source, sourceAxis, start, end);
    return narrowed && sumTo(narrowed, node.shape.with(axis, end - start));
  },
});

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

/** ONNX broadcasts implicitly, so an explicit expansion is dropped if another operand has the full shape. */
export function withoutExpansions(operands: readonly Expr[], shape: Shape): Expr[] {
  const isFull = (operand: Expr) => !isBroadcast(operand) && sameShape(operand.shape, shape);
  return operands.map((operand, index) => {
    const source = isBroadcast(operand) ? operand.inputs[0]! : operand;
    return operands.some((other, at) => at !== index && isFull(other)) ? source : operand;
  });
}
