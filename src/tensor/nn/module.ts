/**
 * A module is a pair of pure functions: `init` creates parameters, `apply` uses them. Parameters are plain trees with
 * PyTorch's names, so a flattened tree is a state dict.
 */
import type { Expr } from "../ir/expr.ts";
import type { Random } from "../random.ts";
import type { Tensor } from "../tensor.ts";
import type { MapTree, Tree } from "../tree.ts";

export type Parameters = { readonly [name: string]: Tree<Tensor> };

/** The same tree with symbolic leaves, as `apply` receives it. */
export type Symbolic<P> = MapTree<P, Tensor, Expr>;

export interface ApplyContext {
  /**
   * Supplies the keep mask (0 or 1) of a dropout layer: an expression of the given shape, 1 with probability
   * 1 − `rate`. Without it dropout is off, as in evaluation.
   */
  readonly dropoutMask?: (shape: readonly number[], rate: number) => Expr;
}

export interface Module<P extends Parameters = Parameters> {
  init(random: Random): P;
  apply(parameters: Symbolic<P>, x: Expr, context?: ApplyContext): Expr;
}

/** A module with any parameters. */
export interface AnyModule {
  init(random: Random): Parameters;
  apply(parameters: never, x: Expr, context?: ApplyContext): Expr;
}
