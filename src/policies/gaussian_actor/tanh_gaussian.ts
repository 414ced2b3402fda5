/** The policy's distribution: a diagonal Gaussian squashed by tanh (Haarnoja et al. 2018, appendix C). */
import { type Expr, ops } from "../../tensor/index.ts";

export interface TanhGaussian {
  /** μ before tanh, `[batch, actions]`. */
  readonly mean: Expr;
  /**
   * σ² before tanh, `[batch, actions]`. LeRobot calls it "std" in its configs and tensor names, but passes it to
   * MultivariateNormal as the covariance; weights are only interchangeable if it is read the same way here.
   */
  readonly variance: Expr;
}

/**
 * Draws a = tanh(x), x = μ + σ·ε, by reparameterisation.
 *
 * @param noise ε, standard normal `[batch, actions]`
 * @returns `action` in (−1, 1), `[batch, actions]`, and `logProb`, log π(a), `[batch]`.
 */
export function sample({ mean, variance }: TanhGaussian, noise: Expr): { action: Expr; logProb: Expr } {
  const x = mean.add(variance.sqrt().mul(noise));
  const logGaussian = noise.square().add(variance.log()).mul(-0.5).sub(HALF_LOG_TWO_PI);
  return { action: x.tanh(), logProb: logGaussian.sub(logTanhSlope(x)).sum({ axis: -1 }) };
}

/** log(1 − tanh²x) = 2·(log 2 − x − softplus(−2x)), which stays exact where tanh x rounds to ±1. */
export function logTanhSlope(x: Expr): Expr {
  return ops
    .sub(Math.LN2, x)
    .sub(ops.softplus(x.mul(-2)))
    .mul(2);
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
