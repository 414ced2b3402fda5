/** Order statistics. Their results carry no gradient; read the originals with `takeAlongAxis` where one is wanted. */

import type { Emitter } from "../backends/onnx/emitter.ts";
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr } from "../ir/expr.ts";
import { formatShape } from "../shape.ts";
import { resolveAxis } from "./axis.ts";
import { reshape } from "./shape_ops.ts";

function extremumIndex(name: string, onnx: string): (x: Expr, axis?: number) => Expr {
  const apply = definePrimitive<{ axis: number }>({
    name,
    emit: ({ attributes }, inputs, emitter) => emitter.op(onnx, inputs, { axis: attributes.axis, keepdims: 1 }),
  });
  return (x, axis = -1) => {
    const at = resolveAxis(name, axis, x.shape);
    if (x.shape[at] === 0) throw new TraceError(`${name}: axis ${at} of ${formatShape(x.shape)} has no elements`);
    return reshape(apply([x], { axis: at }, x.shape.with(at, 1), "int64"), x.shape.toSpliced(at, 1));
  };
}

/** The index (int64) of the largest element along an axis, which is removed; the first one where several are equal. */
export const argmax = extremumIndex("argmax", "ArgMax");
/** The index (int64) of the smallest element along an axis, which is removed; the first one where several are equal. */
export const argmin = extremumIndex("argmin", "ArgMin");

interface TopKAttributes {
  readonly k: number;
  readonly axis: number;
  readonly largest: boolean;
}

function emitTopK(x: Expr, name: string, { k, axis, largest }: TopKAttributes, emitter: Emitter): readonly string[] {
  return emitter.once(`topK:${x.id}:${k}:${axis}:${largest}`, () =>
    emitter.ops("TopK", [name, emitter.int64([k])], { axis, largest: Number(largest), sorted: 1 }, { outputs: 2 }),
  );
}

const topKValues = definePrimitive<TopKAttributes>({
  name: "topK",
  emit: ({ attributes, inputs }, [x], emitter) => emitTopK(inputs[0]!, x!, attributes, emitter)[0]!,
});
const topKIndices = definePrimitive<TopKAttributes>({
  name: "topKIndices",
  emit: ({ attributes, inputs }, [x], emitter) => emitTopK(inputs[0]!, x!, attributes, emitter)[1]!,
});

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
