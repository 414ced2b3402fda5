/** Expansion to a larger shape and its adjoint, the sum back to the smaller one. */
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr } from "../expr.ts";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../shape.ts";

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
    const reduced = axes.length === 0 ? x! : emitter.op("ReduceSum", [x!, emitter.int64(axes)], { keepdims: 1 });
    if (shape.length === inputs[0]!.rank) return reduced;
    return emitter.op("Reshape", [reduced, emitter.int64(shape)], { allowzero: 1 });
  },
});

/** Sums over the axes along which `shape` was broadcast to get the shape of `x`. */
export function sumTo(x: Expr, shape: Shape): Expr {
  if (sameShape(x.shape, shape)) return x;
  const added = x.rank - shape.length;
  const axes = x.shape.flatMap((dim, axis) => (axis < added || (shape[axis - added] === 1 && dim !== 1) ? [axis] : []));
  return sumToNode([x], { shape, axes }, shape);
}
