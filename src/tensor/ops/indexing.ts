/** Reading and adding at computed positions. */
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr } from "../ir/expr.ts";
import { constant, toExprs } from "../ir/leaves.ts";
import { formatShape, sameShape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { resolveAxis } from "./axis.ts";
import { cast, equal } from "./select.ts";
import { reshape, transpose, zeros } from "./shape_ops.ts";

function checkIndices(name: string, indices: Expr): void {
  if (indices.dtype !== "int64" && indices.dtype !== "int32") {
    throw new TraceError(`${name}: indices must be int64 or int32, got ${indices.dtype}`);
  }
}

/** Checks that the indices have the shape of `x` except along `axis`, which is returned as a non-negative number. */
function checkAlongAxis(name: string, x: Expr, indices: Expr, axis: number): number {
  checkIndices(name, indices);
  const at = resolveAxis(name, axis, x.shape);
  if (indices.rank !== x.rank || indices.shape.some((dim, i) => i !== at && dim !== x.shape[i])) {
    const shapes = `${formatShape(x.shape)} and ${formatShape(indices.shape)}`;
    throw new TraceError(`${name}: shapes ${shapes} differ outside axis ${at}`);
  }
  return at;
}

export const gatherNode = definePrimitive<{ axis: number }>({
  name: "gather",
  vjp(g, node, index) {
    if (index === 1) return undefined;
    const [x, indices] = node.inputs as [Expr, Expr];
    const { axis } = node.attributes;
    // Bring the gathered axes to the front, add row by row, and move the axis back.
    const gathered = Array.from({ length: indices.rank }, (_, i) => axis + i);
    const rest = node.shape.map((_, i) => i).filter((i) => !gathered.includes(i));
    const rows = reshape(transpose(g, [...gathered, ...rest]), [
      sizeOf(indices.shape),
      ...rest.map((i) => node.shape[i]!),
    ]);
    const others = x.shape.filter((_, i) => i !== axis);
    const summed = addRowsNode([zeros([x.shape[axis]!, ...others], x.dtype), reshape(indices, [-1, 1]), rows], {}, [
      x.shape[axis]!,
      ...others,
    ]);
    const back = x.shape.map((_, i) => (i === axis ? 0 : i < axis ? i + 1 : i));
    return transpose(summed, back);
  },
});

/** `base` with rows added to it: row i at the index `indices[i, 0]`. */
export const addRowsNode = definePrimitive({ name: "addRows" });

/** Entries of one axis by index: the axis is replaced by the shape of `indices`. Out of range is undefined behaviour. */
export function gather(x: Expr, indices: Expr, axis = 0): Expr {
  checkIndices("gather", indices);
  const at = resolveAxis("gather", axis, x.shape);
  return gatherNode([x, indices], { axis: at }, [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)]);
}

/** Rows of a table `[entries, features]`, one per index. */
export function embedding(table: Expr, indices: Expr): Expr {
  return gather(table, indices, 0);
}

export const takeAlongAxisNode = definePrimitive<{ axis: number }>({
  name: "takeAlongAxis",
  vjp(g, node, index) {
    if (index === 1) return undefined;
    const [x, indices] = node.inputs as [Expr, Expr];
    return scatterAdd(zeros(x.shape, x.dtype), indices, g, node.attributes.axis);
  },
});

/** One element of `x` per element of `indices`, which has the shape of `x` except along `axis` (PyTorch's gather). */
export function takeAlongAxis(x: Expr, indices: Expr, axis = -1): Expr {
  const at = checkAlongAxis("takeAlongAxis", x, indices, axis);
  return takeAlongAxisNode([x, indices], { axis: at }, indices.shape);
}

export const scatterAddNode = definePrimitive<{ axis: number }>({
  name: "scatterAdd",
  vjp(g, node, index) {
    if (index === 1) return undefined;
    return index === 0 ? g : takeAlongAxis(g, node.inputs[1]!, node.attributes.axis);
  },
});

/** `x` with `updates` added at the positions that `takeAlongAxis` would read. */
export function scatterAdd(x: Expr, indices: Expr, updates: Expr, axis = -1): Expr {
  const at = checkAlongAxis("scatterAdd", x, indices, axis);
  const [base, added] = toExprs("scatterAdd", [x, updates]) as [Expr, Expr];
  if (!sameShape(updates.shape, indices.shape)) {
    const shapes = `${formatShape(updates.shape)} and indices ${formatShape(indices.shape)}`;
    throw new TraceError(`scatterAdd: updates ${shapes} must have one shape`);
  }
  return scatterAddNode([base, indices, added], { axis: at }, x.shape);
}

/** 1 at each index and 0 elsewhere, along a new last axis of size `depth`. An index outside gives a row of zeros. */
export function oneHot(indices: Expr, depth: number, dtype: Expr["dtype"] = "float32"): Expr {
  checkIndices("oneHot", indices);
  const classes = new Tensor(
    "int64",
    [depth],
    BigInt64Array.from({ length: depth }, (_, i) => BigInt(i)),
  );
  return cast(equal(reshape(cast(indices, "int64"), [...indices.shape, 1]), constant(classes)), dtype);
}
