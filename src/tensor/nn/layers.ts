/** Basic layers. Shapes, names and initial values are PyTorch's. */
import { TraceError } from "../errors.ts";
import type { Expr } from "../ir/expr.ts";
import * as ops from "../ops/index.ts";
import type { Tensor } from "../tensor.ts";
import { fanIn, type Initializer, kaimingUniform, normal, ones, uniform, zeros } from "./init.ts";
import type { Module } from "./module.ts";

export type AffineParameters = { readonly weight: Tensor; readonly bias: Tensor };

export interface LinearOptions {
  readonly weight?: Initializer;
  readonly bias?: Initializer;
}

/** y = x·Wᵀ + b; `weight [out, in]`, `bias [out]`. */
export function linear(inputs: number, outputs: number, options: LinearOptions = {}): Module<AffineParameters> {
  const { weight = kaimingUniform, bias = uniform(1 / Math.sqrt(inputs)) } = options;
  return {
    init: (random) => ({ weight: weight(random, [outputs, inputs]), bias: bias(random, [outputs]) }),
    apply: (parameters, x) => ops.linear(x, parameters.weight, parameters.bias),
  };
}

/** Normalises the last axis; `weight [features]` starts at 1, `bias [features]` at 0. */
export function layerNorm(features: number, epsilon = 1e-5): Module<AffineParameters> {
  return {
    init: (random) => ({ weight: ones(random, [features]), bias: zeros(random, [features]) }),
    apply: ({ weight, bias }, x) => ops.layerNorm(x, alongEnsemble(weight), alongEnsemble(bias), epsilon),
  };
}

/** Vectors of an ensemble, `[ensemble, features]`, meet batches `[ensemble, batch, features]`. */
function alongEnsemble(vector: Expr): Expr {
  return vector.rank === 1 ? vector : vector.reshape([...vector.shape.slice(0, -1), 1, vector.shape.at(-1)!]);
}

/** Normalises groups of channels of `[batch, channels, …]`. */
export function groupNorm(groups: number, channels: number, epsilon = 1e-5): Module<AffineParameters> {
  return {
    init: (random) => ({ weight: ones(random, [channels]), bias: zeros(random, [channels]) }),
    apply: ({ weight, bias }, x) => ops.groupNorm(x, groups, weight, bias, epsilon),
  };
}

export interface Conv2dLayerOptions extends ops.Conv2dOptions {
  readonly bias?: boolean;
}

/** `weight [out, in / groups, kernel, kernel]`, `bias [out]`. */
export function conv2d(
  inputs: number,
  outputs: number,
  kernel: ops.Pair,
  { bias = true, ...options }: Conv2dLayerOptions = {},
): Module<{ weight: Tensor; bias?: Tensor }> {
  const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
  const shape = [outputs, inputs / (options.groups ?? 1), height, width];
  return {
    init: (random) => ({
      weight: kaimingUniform(random, shape),
      ...(bias ? { bias: uniform(1 / Math.sqrt(fanIn(shape)))(random, [outputs]) } : {}),
    }),
    apply: (parameters, x) => ops.conv2d(x, parameters.weight, parameters.bias, options),
  };
}

/** A table `weight [entries, features]`, N(0, 1), read by integer indices. */
export function embedding(entries: number, features: number): Module<{ weight: Tensor }> {
  return {
    init: (random) => ({ weight: normal(1)(random, [entries, features]) }),
    apply: ({ weight }, indices) => ops.embedding(weight, indices),
  };
}

/** Zeroes each element with probability `rate` and scales the rest by 1/(1 − rate), if the context supplies masks. */
export function dropout(rate: number): Module<Record<string, never>> {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout rate must be in [0, 1), got ${rate}`);
  return {
    init: () => ({}),
    apply(_, x, context) {
      if (rate === 0 || context?.dropoutMask === undefined) return x;
      const mask = context.dropoutMask(x.shape, rate);
      if (mask.shape.join() !== x.shape.join()) {
        throw new TraceError(`dropout: the mask has shape [${mask.shape}], the input [${x.shape}]`);
      }
      return x.mul(mask).mul(1 / (1 - rate));
    },
  };
}
