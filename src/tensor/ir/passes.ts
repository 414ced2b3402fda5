/** Passes over a traced graph, shared by all backends. */
import { sizeOf } from "../shape.ts";
import type { Expr } from "./expr.ts";

/** Everything the roots depend on, in topological order. */
export function liveExprs(roots: readonly Expr[], inputsOf = (expr: Expr) => expr.inputs): Expr[] {
  const live = new Set<Expr>();
  const pending = [...roots];
  for (let expr = pending.pop(); expr !== undefined; expr = pending.pop()) {
    if (live.has(expr)) continue;
    live.add(expr);
    pending.push(...inputsOf(expr));
  }
  return [...live].sort((a, b) => a.id - b.id);
}

/** Everything to compute for the roots, in topological order. */
export function neededExprs(roots: readonly Expr[]): Expr[] {
  return liveExprs(roots, neededInputs);
}

/** The consumers of each expression among `exprs`; `exprs` holds their dependencies. */
export function consumersOf(exprs: readonly Expr[]): ReadonlyMap<Expr, readonly Expr[]> {
  const consumers = new Map<Expr, Expr[]>(exprs.map((expr) => [expr, []]));
  for (const expr of exprs) for (const input of new Set(neededInputs(expr))) consumers.get(input)!.push(expr);
  return consumers;
}

/** A result without elements needs no computation; some runtimes divide by its size and crash the process. */
export function isComputedEmpty(expr: Expr): boolean {
  return expr.inputs.length > 0 && sizeOf(expr.shape) === 0;
}

/** The inputs required to compute an expression. */
export function neededInputs(expr: Expr): readonly Expr[] {
  return isComputedEmpty(expr) ? [] : expr.inputs;
}

/** The same values with every operation's simplification applied, inputs first. */
export function simplify(roots: readonly Expr[]): Expr[] {
  const simplified = new Map<Expr, Expr>();
  for (const expr of liveExprs(roots)) {
    const inputs = expr.inputs.map((input) => simplified.get(input)!);
    const { graph, primitive, attributes } = expr;
    const isSame = inputs.every((input, i) => input === expr.inputs[i]);
    const rebuilt = isSame ? expr : graph.node(primitive, inputs, attributes, expr);
    simplified.set(expr, primitive.simplify?.(rebuilt, inputs) ?? rebuilt);
  }
  return roots.map((root) => simplified.get(root)!);
}
