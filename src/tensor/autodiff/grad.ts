/** Reverse-mode differentiation of a traced graph. Only branches that lead to a requested parameter are built. */
import { isFloat } from "../dtype.ts";
import { TraceError } from "../errors.ts";
import { Expr } from "../ir/expr.ts";
import { constant } from "../ir/leaves.ts";
import { liveExprs } from "../ir/passes.ts";
import { stopGradientNode } from "../ir/stop_gradient.ts";
import { add } from "../ops/elementwise.ts";
import { gradientOfSlices, type SliceGradient, sliceNode, zeros } from "../ops/shape_ops.ts";
import { formatShape } from "../shape.ts";
import { flattenTree, mapLeaves, type Tree } from "../tree.ts";

/**
 * The gradient of a scalar with respect to every leaf of `parameters`, as a tree of the same form.
 * A parameter the scalar does not depend on has a gradient of zeros.
 *
 * @throws TraceError if `loss` is not a scalar, or its gradient would pass an operation without one.
 */
export function grad<T>(loss: Expr, parameters: T): T {
  if (loss.rank !== 0 || !isFloat(loss.dtype)) {
    throw new TraceError(
      `grad: needs a floating-point scalar, got ${loss.dtype} ${formatShape(loss.shape)}; take its mean or sum`,
    );
  }
  const leaves = flattenTree(parameters as Tree<Expr>);
  for (const [name, leaf] of leaves) {
    if (!(leaf instanceof Expr)) throw new TraceError(`grad: parameter ${name} is not an expression`);
  }
  const wanted = new Set(leaves.map(([, leaf]) => leaf));
  const gradients = backward(loss, wanted);
  return mapLeaves(parameters, (leaf: Expr) => gradients.get(leaf) ?? zeros(leaf.shape, leaf.dtype));
}

/** `lossFn(parameters)` and its gradient. */
export function valueAndGrad<T>(lossFn: (parameters: T) => Expr, parameters: T): [value: Expr, gradients: T] {
  const value = lossFn(parameters);
  return [value, grad(value, parameters)];
}

function backward(loss: Expr, wanted: ReadonlySet<Expr>): Map<Expr, Expr> {
  const live = liveExprs([loss]);
  const onPath = dependents(live, wanted);
  const contributions = new Map<Expr, { sum?: Expr; slices: SliceGradient[] }>();
  const entry = (expr: Expr) => {
    const known = contributions.get(expr) ?? { slices: [] };
    contributions.set(expr, known);
    return known;
  };
  const accumulate = (into: { sum?: Expr }, gradient: Expr) => {
    into.sum = into.sum === undefined ? gradient : add(into.sum, gradient);
  };
  accumulate(entry(loss), constant(1, loss.dtype));

  const gradients = new Map<Expr, Expr>();
  for (const node of live.toReversed()) {
    const received = contributions.get(node);
    if (received === undefined || !onPath.has(node)) continue;
    if (received.slices.length > 0) accumulate(received, gradientOfSlices(node, received.slices));
    const g = received.sum!;
    if (wanted.has(node)) gradients.set(node, g);
    const needed = (index: number) => onPath.has(node.inputs[index]!);
    // A parameter may itself be the result of a non-differentiable operation.
    if (!node.inputs.some((_, index) => needed(index)) || !isDifferentiable(node)) continue;
    for (const [index, input] of node.inputs.entries()) {
      if (!needed(index)) continue;
      if (sliceNode.is(node)) {
        entry(input).slices.push({ node, gradient: g });
        continue;
      }
      const gradient = node.primitive.vjp!(g, node, index, needed);
      if (gradient !== undefined) accumulate(entry(input), gradient);
    }
  }
  return gradients;
}

/** The nodes on differentiable paths from a requested parameter to the loss. */
function dependents(live: readonly Expr[], wanted: ReadonlySet<Expr>): Set<Expr> {
  const onPath = new Set<Expr>();
  for (const node of live) {
    const reached = node.inputs.some((input) => onPath.has(input));
    if (wanted.has(node) || (reached && isDifferentiable(node))) onPath.add(node);
  }
  return onPath;
}

/** stopGradient and integer or boolean results end the path. @throws TraceError for a float result without a rule. */
function isDifferentiable(node: Expr): boolean {
  if (!isFloat(node.dtype) || stopGradientNode.is(node)) return false;
  if (node.primitive.vjp !== undefined) return true;
  throw new TraceError(
    `grad: ${node.primitive.name} has no gradient; wrap its input in stopGradient() if none is meant`,
  );
}
