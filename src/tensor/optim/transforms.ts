/** Transformations of gradients and parameters around an optimiser's step. */
import type { Expr } from "../ir/expr.ts";
import * as ops from "../ops/index.ts";
import { elementwise, vectors } from "./elementwise.ts";

/**
 * Scales gradients so that their joint Euclidean norm is at most `maxNorm`, like torch.nn.utils.clip_grad_norm_.
 *
 * @returns the clipped gradients and the norm before clipping.
 */
export function clipByGlobalNorm<T>(gradients: T, maxNorm: number): { gradients: T; norm: Expr } {
  const norm = vectors(gradients)
    .map((vector) => vector.square().sum())
    .reduce(ops.add)
    .sqrt();
  const scale = ops.minimum(ops.div(maxNorm, norm.add(1e-6)), 1);
  return { gradients: elementwise([gradients], (g) => [g!.mul(scale)])[0]!, norm };
}

/** The exponential moving average θ̄ ← (1 − τ)·θ̄ + τ·θ of parameters of one form (Polyak averaging). */
export function ema<T>(average: T, parameters: T, tau: number): T {
  return elementwise([average, parameters], (old, value) => [old!.mul(1 - tau).add(value!.mul(tau))])[0]!;
}
