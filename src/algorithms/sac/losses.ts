/**
 * SAC's losses (Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications"; equation numbers are that
 * paper's), in HIL-SERL's variant. All are functions of expressions, independent of the networks.
 */
import { type Expr, ops } from "../../tensor/index.ts";

/**
 * y = r + γ·(1 − d)·(minᵢ Q̄ᵢ(s′, a′) − α·log π(a′|s′)), the target of eq. 5–6 with clipped double Q.
 *
 * @param nextValues Q̄(s′, a′), `[critics, batch]`; the minimum runs over all critics given.
 * @param entropyBonus −α·log π(a′|s′), `[batch]`, or undefined to back up values alone.
 * @returns `[batch]`, without gradient.
 */
export function softTarget(
  { reward, done }: { readonly reward: Expr; readonly done: Expr },
  nextValues: Expr,
  entropyBonus: Expr | undefined,
  discount: number,
): Expr {
  const value = nextValues.min({ axis: 0 });
  const softValue = entropyBonus === undefined ? value : value.add(entropyBonus);
  return reward.add(ops.sub(1, done).mul(softValue).mul(discount)).stopGradient();
}

/** L_Q = Σᵢ mean (Qᵢ(s, a) − y)² (eq. 5): summed over the ensemble, averaged over the batch. */
export function criticLoss(values: Expr, target: Expr): Expr {
  return values.sub(target).square().mean({ axis: 1 }).sum();
}

/**
 * y = r + γ·(1 − d)·Q̄_d(s′)[argmax Q_d(s′)], double DQN (van Hasselt et al. 2016, eq. 4).
 *
 * @param nextValues Q_d(s′), `[batch, choices]`, which choose; `nextTargetValues` of the same shape value the choice.
 */
export function doubleDqnTarget(
  { reward, done }: { readonly reward: Expr; readonly done: Expr },
  nextValues: Expr,
  nextTargetValues: Expr,
  discount: number,
): Expr {
  const chosen = valueAt(nextTargetValues, ops.argmax(nextValues));
  return reward.add(ops.sub(1, done).mul(chosen).mul(discount)).stopGradient();
}

/** L_d = mean (Q_d(s)[d] − y)² for the executed discrete actions d, `[batch]` as int64. */
export function discreteCriticLoss(values: Expr, discreteActions: Expr, target: Expr): Expr {
  return valueAt(values, discreteActions).sub(target).square().mean();
}

/** The entry of each row that `index` names: `[batch, choices]` and `[batch]` → `[batch]`. */
function valueAt(values: Expr, index: Expr): Expr {
  return ops.takeAlongAxis(values, index.reshape([-1, 1]), 1).reshape([-1]);
}

/** L_π = mean (α·log π(a|s) − minᵢ Qᵢ(s, a)) for reparameterised actions (eq. 7–9). α carries no gradient. */
export function actorLoss(alpha: Expr, logProb: Expr, values: Expr): Expr {
  return alpha
    .stopGradient()
    .mul(logProb)
    .sub(values.min({ axis: 0 }))
    .mean();
}

/** L_α = mean (−α·(log π(a|s) + H̄)) with α = exp(log α) (eq. 18). Only α carries a gradient. */
export function temperatureLoss(logAlpha: Expr, logProb: Expr, targetEntropy: number): Expr {
  return logAlpha.exp().mul(logProb.stopGradient().add(targetEntropy)).mean().neg();
}

/** H̄ = −dim/2, where a discrete action counts as one dimension. */
export function defaultTargetEntropy(continuousActions: number, hasDiscreteAction: boolean): number {
  return -(continuousActions + (hasDiscreteAction ? 1 : 0)) / 2;
}
