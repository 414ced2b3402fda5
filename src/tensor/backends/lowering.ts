/** Lowering: a backend's table with one entry per primitive. */
import type { Expr, Node, Primitive } from "../ir/expr.ts";
import type { PRIMITIVES, PrimitiveName } from "../ops/primitives.ts";

type AttributesOf<Name extends PrimitiveName> =
  (typeof PRIMITIVES)[Name] extends Primitive<infer Attributes> ? Attributes : never;

/**
 * Entries receive the node and the backend's own arguments. The type has every primitive, so that an incomplete table does
 * not compile; a backend with fewer operations uses a `Partial`.
 */
export type LoweringTable<Arguments extends readonly unknown[], Result> = {
  readonly [Name in PrimitiveName]: (node: Node<AttributesOf<Name>>, ...args: Arguments) => Result;
};

/** Applies the entry of a node's primitive. @throws Error naming the operation and the backend if it has no entry. */
export function lower<Arguments extends readonly unknown[], Result>(
  backend: string,
  table: Partial<LoweringTable<Arguments, Result>>,
  node: Expr,
  ...args: Arguments
): Result {
  const { name } = node.primitive;
  const entry = table[name as PrimitiveName] as ((node: Expr, ...args: Arguments) => Result) | undefined;
  if (entry === undefined)
    throw new Error(`${backend} cannot compute "${name}": its lowering table has no such operation`);
  return entry(node, ...args);
}
