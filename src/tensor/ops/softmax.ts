/** Softmax and its logarithm, without overflow. */
import { definePrimitive, type Expr } from "../ir/expr.ts";
import { stopGradient } from "../ir/stop_gradient.ts";
import { resolveAxis } from "./axis.ts";
import { add, exp, log, mul, sub } from "./elementwise.ts";
import { max, type ReduceOptions, sum } from "./reduce.ts";
import { clip, greater, where } from "./select.ts";
import { reshape } from "./shape_ops.ts";

export const softmaxNode = definePrimitive<{ axis: number }>({
  name: "softmax",
  vjp(g, node) {
    const weighted = mul(g, node);
    return sub(weighted, mul(node, sum(weighted, { axis: node.attributes.axis, keepDims: true })));
  },
});

export const logSoftmaxNode = definePrimitive<{ axis: number }>({
  name: "logSoftmax",
  vjp: (g, node) => sub(g, mul(exp(node), sum(g, { axis: node.attributes.axis, keepDims: true }))),
});

/** exp(x) / Σ exp(x) along an axis */
export function softmax(x: Expr, axis = -1): Expr {
  return softmaxNode([x], { axis: resolveAxis("softmax", axis, x.shape) }, x.shape);
}

/** log softmax(x) */
export function logSoftmax(x: Expr, axis = -1): Expr {
  return logSoftmaxNode([x], { axis: resolveAxis("logSoftmax", axis, x.shape) }, x.shape);
}

const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** log Σ exp(x), with the largest element factored out. A row of −∞ gives −∞ and has a gradient of zeros. */
export function logSumExp(x: Expr, options: ReduceOptions = {}): Expr {
  const largest = clip(stopGradient(max(x, { ...options, keepDims: true })), -LARGEST_FLOAT32, LARGEST_FLOAT32);
  const total = sum(exp(sub(x, largest)), options);
  const some = greater(total, 0);
  const finite = add(log(where(some, total, 1)), reshape(largest, total.shape));
  return where(some, finite, Number.NEGATIVE_INFINITY);
}
