/** Order statistics. Their results carry no gradient; use `takeAlongAxis` on the originals if you need one. */
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr, type Operation } from "../ir/expr.ts";
import { formatShape } from "../shape.ts";
import { resolveAxis } from "./axis.ts";
import { reshape } from "./shape_ops.ts";

/** The primitive keeps the axis, with size 1. */
function extremumIndex(name: string): Operation<[x: Expr, axis?: number], { readonly axis: number }> {
  const apply = definePrimitive<{ readonly axis: number }>({ name });
  const operation = (x: Expr, axis = -1) => {
    const at = resolveAxis(name, axis, x.shape);
    if (x.shape[at] === 0) throw new TraceError(`${name}: axis ${at} of ${formatShape(x.shape)} has no elements`);
    return reshape(apply([x], { axis: at }, x.shape.with(at, 1), "int64"), x.shape.toSpliced(at, 1));
  };
  return Object.assign(operation, { primitive: apply.primitive });
}

/** The index (int64) of the largest element along an axis, which is removed; the first of equal ones. */
export const argmax = extremumIndex("argmax");
/** The index (int64) of the smallest element along an axis, which is removed; the first of equal ones. */
export const argmin = extremumIndex("argmin");

export interface TopKAttributes {
  readonly k: number;
  readonly axis: number;
  readonly largest: boolean;
}

export const topKValues = definePrimitive<TopKAttributes>({ name: "topK" });
export const topKIndices = definePrimitive<TopKAttributes>({ name: "topKIndices" });

export interface TopKOptions {
  readonly axis?: number;
  /** The largest first (default), or the smallest first. */
  readonly largest?: boolean;
}

/** The k largest (or smallest) elements along an axis in order, with their indices (int64). */
export function topK(
  x: Expr,
  k: number,
  { axis = -1, largest = true }: TopKOptions = {},
): { values: Expr; indices: Expr } {
  const at = resolveAxis("topK", axis, x.shape);
  if (!(Number.isInteger(k) && k >= 0 && k <= x.shape[at]!)) {
    throw new TraceError(`topK: cannot take ${k} of axis ${at} of ${formatShape(x.shape)}`);
  }
  const attributes = { k, axis: at, largest };
  const shape = x.shape.with(at, k);
  return { values: topKValues([x], attributes, shape), indices: topKIndices([x], attributes, shape, "int64") };
}

/** All elements along an axis in ascending (or descending) order, with their indices (int64). */
export function sort(x: Expr, axis = -1, { descending = false } = {}): { values: Expr; indices: Expr } {
  return topK(x, x.shape[resolveAxis("sort", axis, x.shape)]!, { axis, largest: descending });
}
