/**
 * Optimisers are elementwise: the same formula for every element of every parameter. Small parameters are first joined to one
 * vector (see SMALL_TENSOR_SIZE), because a hundred operations on biases cost more than one on all of them.
 */
import type { Expr } from "../ir/expr.ts";
import { concat, reshape, slice } from "../ops/shape_ops.ts";
import { sizeOf } from "../shape.ts";
import { SMALL_TENSOR_SIZE } from "../state.ts";
import { flattenTree, mapLeaves, type Tree } from "../tree.ts";

/**
 * Applies `formula` to corresponding elements of trees of one form.
 *
 * @returns as many trees of that form as `formula` returns expressions.
 */
export function elementwise<T>(trees: readonly T[], formula: (...values: Expr[]) => readonly Expr[]): T[] {
  const results: Map<string, Expr>[] = [];
  for (const names of groups(trees[0]!)) {
    const outputs = formula(...trees.map((tree) => join(tree, names)));
    for (const [index, output] of outputs.entries()) {
      results[index] ??= new Map();
      for (const [name, value] of cut(output, trees[0]!, names)) results[index].set(name, value);
    }
  }
  return results.map((values) => mapLeaves(trees[0]!, (_: Expr, name) => values.get(name)!));
}

/** The vectors an elementwise formula works on: the joined small leaves, and each large leaf. */
export function vectors<T>(tree: T): Expr[] {
  return groups(tree).map((names) => join(tree, names));
}

/** Names of leaves that are processed together. */
function groups<T>(tree: T): string[][] {
  const leaves = flattenTree(tree as Tree<Expr>);
  const isSmall = ([, { shape }]: (typeof leaves)[number]) => sizeOf(shape) < SMALL_TENSOR_SIZE;
  const small = leaves.filter(isSmall).map(([name]) => name);
  const large = leaves.filter((leaf) => !isSmall(leaf)).map(([name]) => [name]);
  return small.length > 0 ? [small, ...large] : large;
}

function join<T>(tree: T, names: readonly string[]): Expr {
  const leaves = new Map(flattenTree(tree as Tree<Expr>));
  if (names.length === 1) return leaves.get(names[0]!)!;
  return concat(names.map((name) => flat(leaves.get(name)!)));
}

function cut<T>(vector: Expr, like: T, names: readonly string[]): [name: string, value: Expr][] {
  const leaves = new Map(flattenTree(like as Tree<Expr>));
  if (names.length === 1) return [[names[0]!, vector]];
  let offset = 0;
  return names.map((name) => {
    const { shape } = leaves.get(name)!;
    offset += sizeOf(shape);
    return [name, reshape(slice(vector, 0, offset - sizeOf(shape), offset), shape)];
  });
}

function flat(x: Expr): Expr {
  return reshape(x, [sizeOf(x.shape)]);
}
