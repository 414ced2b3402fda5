/** Reductions over axes. */
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr } from "../ir/expr.ts";
import type { ReduceOptions } from "../ir/fluent_methods.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { resolveAxis } from "./axis.ts";
import { broadcastTo } from "./broadcast.ts";
import { div, mul, sqrt, square, sub } from "./elementwise.ts";
import { cast, equal } from "./select.ts";
import { reshape } from "./shape_ops.ts";

export type { ReduceOptions };

type ReduceNode = ReturnType<typeof reduction>;

/** Reduces with the reduced axes kept; `drop` removes them. */
function reduction(name: string, vjp: (g: Expr, x: Expr, y: Expr) => Expr) {
  return definePrimitive<{ axes: readonly number[] }>({
    name,
    vjp: (g, node) => vjp(g, node.inputs[0]!, node),
  });
}

export const sumNode = reduction("sum", (g, x) => broadcastTo(g, x.shape));
export const meanNode = reduction("mean", (g, x, y) => {
  return broadcastTo(mul(g, 1 / countPerResult(x, y)), x.shape);
});
/** Number of elements of x per element of y, its reduction with the axes kept. */
function countPerResult(x: Expr, y: Expr): number {
  return sizeOf(x.shape.filter((dim, axis) => dim !== y.shape[axis]));
}

export const maxNode = reduction("max", shareAmongWinners);
export const minNode = reduction("min", shareAmongWinners);

/** Equal winners share the gradient evenly (PyTorch's amax and amin). */
function shareAmongWinners(g: Expr, x: Expr, y: Expr): Expr {
  const winners = cast(equal(x, y), g.dtype);
  const axes = x.shape.flatMap((dim, axis) => (dim === y.shape[axis] ? [] : [axis]));
  return mul(div(winners, sum(winners, { axis: axes, keepDims: true })), g);
}

function reduce(name: string, node: ReduceNode, x: Expr, { axis, keepDims = false }: ReduceOptions): Expr {
  const requested = axis === undefined ? x.shape.map((_, i) => i) : typeof axis === "number" ? [axis] : axis;
  const axes = [...new Set(requested.map((each) => resolveAxis(name, each, x.shape)))].sort((a, b) => a - b);
  const kept = x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
  const dropped = x.shape.filter((_, i) => !axes.includes(i));
  const reduced = axes.every((each) => x.shape[each] === 1) ? x : node([x], { axes }, kept);
  return keepDims ? reduced : reshape(reduced, dropped);
}

/** Σ x */
export function sum(x: Expr, options: ReduceOptions = {}): Expr {
  return reduce("sum", sumNode, x, options);
}

/** The arithmetic mean. @throws TraceError over an axis without elements, whose mean is undefined. */
export function mean(x: Expr, options: ReduceOptions = {}): Expr {
  return reduceSome("mean", meanNode, x, options);
}

export function max(x: Expr, options: ReduceOptions = {}): Expr {
  return reduceSome("max", maxNode, x, options);
}

export function min(x: Expr, options: ReduceOptions = {}): Expr {
  return reduceSome("min", minNode, x, options);
}

/** The variance, with `correction` subtracted from the count (0: population, 1: Bessel's). */
export function variance(x: Expr, options: ReduceOptions & { readonly correction?: number } = {}): Expr {
  const average = mean(x, { ...options, keepDims: true });
  const count = countPerResult(x, average);
  const squares = sum(square(sub(x, average)), options);
  return div(squares, count - (options.correction ?? 0));
}

/** The Euclidean norm over all elements. */
export function norm(x: Expr): Expr {
  return sqrt(sum(square(x)));
}

function reduceSome(name: string, node: ReduceNode, x: Expr, options: ReduceOptions): Expr {
  const reduced = reduce(name, node, x, options);
  if (sizeOf(x.shape) === 0 && sizeOf(reduced.shape) > 0) {
    throw new TraceError(`${name}: an axis of ${formatShape(x.shape)} that is reduced has no elements`);
  }
  return reduced;
}
