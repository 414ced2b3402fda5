/** A traced step as passed to backends: a graph with named inputs and outputs. */
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

/** The distribution of a random input; its shape gives the count. */
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
 * A traced step, simplified and without unused computations. It is independent of formats and runtimes. All names are unique,
 * across inputs and outputs.
 */
export interface TracedProgram {
  /**
   * All expressions to compute, inputs and constants included, in dependency order. An expression without elements needs no
   * inputs, so those may be missing here (see `isComputedEmpty`).
   */
  readonly nodes: readonly Expr[];
  readonly inputs: readonly NamedExpr[];
  readonly stateInputs: readonly StateExpr[];
  readonly randomInputs: readonly RandomInput[];
  readonly outputs: readonly NamedExpr[];
  readonly stateOutputs: readonly StateExpr[];
}

/** Inputs of a run, in the order in which sessions are fed. */
export function feedsOf({ inputs, stateInputs, randomInputs }: TracedProgram): readonly NamedExpr[] {
  return [...inputs, ...stateInputs, ...randomInputs];
}

/** Outputs of a run, in the order in which sessions write them. */
export function fetchesOf({ outputs, stateOutputs }: TracedProgram): readonly NamedExpr[] {
  return [...outputs, ...stateOutputs];
}
