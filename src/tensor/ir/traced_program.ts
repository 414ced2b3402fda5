/** A step as backends compile it: a graph with names for what goes in and what comes out. */
import type { Expr } from "./expr.ts";

export interface NamedExpr {
  readonly name: string;
  readonly expr: Expr;
}

/** A buffer of the state as an input, or its next content as an output. */
export interface StateExpr extends NamedExpr {
  /** The buffer's name in the `State`. An output with the buffer of an input replaces it. */
  readonly buffer: string;
}

/** How the numbers of a random input are distributed; how many there are is in its shape. */
export type Distribution =
  /** In [0, 1). */
  | { readonly kind: "uniform" }
  /** Standard normal. */
  | { readonly kind: "normal" }
  /** Different integers from [0, n). */
  | { readonly kind: "choice"; readonly n: number };

export interface RandomInput extends NamedExpr {
  readonly distribution: Distribution;
}

/**
 * A traced step, simplified and without what no output needs. It belongs to no format and no runtime. All names differ
 * from each other, those of outputs from those of inputs too.
 */
export interface TracedProgram {
  /**
   * All that is to be computed, inputs and constants included: each expression comes after those that it needs. One
   * without elements needs none, so the expressions that it reads may be missing here (see `isComputedEmpty`).
   */
  readonly nodes: readonly Expr[];
  readonly inputs: readonly NamedExpr[];
  readonly stateInputs: readonly StateExpr[];
  readonly randomInputs: readonly RandomInput[];
  readonly outputs: readonly NamedExpr[];
  readonly stateOutputs: readonly StateExpr[];
}

/** What a run is fed. */
export function feedsOf({ inputs, stateInputs, randomInputs }: TracedProgram): readonly NamedExpr[] {
  return [...inputs, ...stateInputs, ...randomInputs];
}

/** What a run computes. */
export function fetchesOf({ outputs, stateOutputs }: TracedProgram): readonly NamedExpr[] {
  return [...outputs, ...stateOutputs];
}
