/** Optimisers as pairs of pure functions, in the style of Optax. */
import type { Expr } from "../ir/expr.ts";
import { constant } from "../ir/leaves.ts";
import { Tensor } from "../tensor.ts";
import { mapLeaves } from "../tree.ts";

/** A constant, or a function of the number of steps already taken (a float32 scalar). */
export type LearningRate = number | ((step: Expr) => Expr);

/** An optimiser whose state for parameters of type P has the type `State<P>`, given by its moments. */
export interface Optimizer<Moments extends string> {
  /** The state before the first step. */
  init<P>(parameters: P): OptimizerState<P, Moments>;
  /** One step. `gradients` has the form of `parameters`. */
  update<E>(gradients: E, state: SymbolicState<E, Moments>, parameters: E): Updated<E, Moments>;
}

/** Steps taken (exact up to 2²⁴), and moments in the form of the parameters. */
export type OptimizerState<P, Moments extends string> = { readonly step: Tensor } & { readonly [K in Moments]: P };
export type SymbolicState<E, Moments extends string> = { readonly step: Expr } & { readonly [K in Moments]: E };

export interface Updated<E, Moments extends string> {
  readonly parameters: E;
  readonly state: SymbolicState<E, Moments>;
}

export function zerosLike<P>(parameters: P): P {
  return mapLeaves(parameters, ({ shape }: Tensor) => Tensor.zeros(shape));
}

export function learningRateAt(rate: LearningRate, step: Expr): Expr {
  return typeof rate === "number" ? constant(rate) : rate(step);
}
