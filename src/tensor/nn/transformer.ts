/** A transformer block, with the parameters of torch.nn.TransformerEncoderLayer (norm_first, GELU). */
import type { Expr } from "../ir/expr.ts";
import * as ops from "../ops/index.ts";
import type { Tensor } from "../tensor.ts";
import { uniform, zeros } from "./init.ts";
import { type AffineParameters, dropout, layerNorm, linear } from "./layers.ts";
import type { Module } from "./module.ts";

export type SelfAttentionParameters = {
  readonly in_proj_weight: Tensor;
  readonly in_proj_bias: Tensor;
  readonly out_proj: AffineParameters;
};

export interface AttentionLayerOptions {
  readonly causal?: boolean;
}

/** Multi-head self-attention over `[batch, length, features]`, with the parameters of torch.nn.MultiheadAttention. */
export function selfAttention(
  features: number,
  heads: number,
  { causal = false }: AttentionLayerOptions = {},
): Module<SelfAttentionParameters> {
  if (features % heads !== 0) throw new RangeError(`${heads} heads do not divide ${features} features`);
  const output = linear(features, features, { bias: zeros });
  return {
    init: (random) => ({
      // Xavier uniform over the joint projection [3·features, features], as PyTorch does.
      in_proj_weight: uniform(Math.sqrt(6 / (4 * features)))(random, [3 * features, features]),
      in_proj_bias: zeros(random, [3 * features]),
      out_proj: output.init(random),
    }),
    apply(parameters, x) {
      const [batch, length] = x.shape as [number, number, number];
      const rows = x.reshape([batch * length, features]);
      const projected = ops.linear(rows, parameters.in_proj_weight, parameters.in_proj_bias);
      const byHead = projected.reshape([batch, length, 3, heads, features / heads]).transpose([2, 0, 3, 1, 4]);
      const [query, key, value] = [0, 1, 2].map((part) => ops.at(byHead, part)) as [Expr, Expr, Expr];
      const attended = ops.attention(query, key, value, { causal }).transpose([0, 2, 1, 3]);
      const joined = attended.reshape([batch * length, features]);
      return output.apply(parameters.out_proj, joined).reshape(x.shape);
    },
  };
}

export interface TransformerBlockOptions extends AttentionLayerOptions {
  /** Width of the feed-forward part. Default: 4 · features. */
  readonly feedForward?: number;
  readonly dropoutRate?: number;
}

export type TransformerBlockParameters = {
  readonly self_attn: SelfAttentionParameters;
  readonly linear1: AffineParameters;
  readonly linear2: AffineParameters;
  readonly norm1: AffineParameters;
  readonly norm2: AffineParameters;
};

/** x + attention(norm(x)), then x + feedForward(norm(x)), over `[batch, length, features]`. */
export function transformerBlock(
  features: number,
  heads: number,
  options: TransformerBlockOptions = {},
): Module<TransformerBlockParameters> {
  const { feedForward = 4 * features, dropoutRate = 0 } = options;
  const attention = selfAttention(features, heads, options);
  const [expand, contract] = [linear(features, feedForward), linear(feedForward, features)];
  const norm = layerNorm(features);
  const drop = dropout(dropoutRate);
  return {
    init: (random) => ({
      self_attn: attention.init(random),
      linear1: expand.init(random),
      linear2: contract.init(random),
      norm1: norm.init(random),
      norm2: norm.init(random),
    }),
    apply(parameters, x, context) {
      const attended = attention.apply(parameters.self_attn, norm.apply(parameters.norm1, x), context);
      const middle = x.add(drop.apply({}, attended, context));
      const rows = norm.apply(parameters.norm2, middle).reshape([-1, features]);
      const hidden = drop.apply({}, ops.gelu(expand.apply(parameters.linear1, rows)), context);
      const output = contract.apply(parameters.linear2, hidden).reshape(x.shape);
      return middle.add(drop.apply({}, output, context));
    },
  };
}
