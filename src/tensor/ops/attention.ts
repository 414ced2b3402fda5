/** Scaled dot-product attention (Vaswani et al. 2017, eq. 1). */
import { TraceError } from "../errors.ts";
import type { Expr } from "../ir/expr.ts";
import { constant } from "../ir/leaves.ts";
import { formatShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { add, mul } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { where } from "./select.ts";
import { zeros } from "./shape_ops.ts";
import { softmax } from "./softmax.ts";

export interface AttentionOptions {
  /** Broadcasts to `[…, queries, keys]`: bool (true takes part) or float (added to the scores). */
  readonly mask?: Expr;
  /** Query i sees keys 0 … i. */
  readonly causal?: boolean;
  /** Factor on the scores. Default: 1/√features. */
  readonly scale?: number;
}

/**
 * softmax(Q·Kᵀ·scale + mask)·V
 *
 * @param query `[…, queries, features]`
 * @param key `[…, keys, features]`
 * @param value `[…, keys, valueFeatures]`
 */
export function attention(query: Expr, key: Expr, value: Expr, options: AttentionOptions = {}): Expr {
  const { mask, causal = false, scale = 1 / Math.sqrt(query.shape.at(-1)!) } = options;
  let scores = mul(matmul(query, key, { transposeB: true }), scale);
  if (causal) scores = add(scores, causalMask(query, key));
  if (mask?.dtype === "bool") scores = where(mask, scores, constant(Number.NEGATIVE_INFINITY, scores.dtype));
  else if (mask !== undefined) scores = add(scores, mask);
  return matmul(softmax(scores), value);
}

function causalMask(query: Expr, key: Expr): Expr {
  const [queries, keys] = [query.shape.at(-2)!, key.shape.at(-2)!];
  if (queries > keys) {
    const shapes = `${formatShape(query.shape)} and ${formatShape(key.shape)}`;
    throw new TraceError(`attention: causal needs a key for every query, got shapes ${shapes}`);
  }
  if (queries === 0) return zeros([0, keys], query.dtype);
  const values = new Float32Array(queries * keys);
  for (let i = 0; i < queries; i++) values.fill(Number.NEGATIVE_INFINITY, i * keys + i + 1, (i + 1) * keys);
  return constant(Tensor.of([queries, keys], values));
}
