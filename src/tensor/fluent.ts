/** The common operations as methods, so that equations read from left to right: `q.sub(target).square().mean()`. */
import type { DType } from "./dtype.ts";
import { Expr, type ExprLike, stopGradient } from "./ir/expr.ts";
import * as ops from "./ops/index.ts";
import type { Shape } from "./shape.ts";

/** Declared on `Expr` itself: an augmentation of its module would be lost when type declarations are bundled. */
export interface FluentMethods {
  add(other: ExprLike): Expr;
  sub(other: ExprLike): Expr;
  mul(other: ExprLike): Expr;
  div(other: ExprLike): Expr;
  neg(): Expr;
  exp(): Expr;
  log(): Expr;
  sqrt(): Expr;
  square(): Expr;
  tanh(): Expr;
  sum(options?: ops.ReduceOptions): Expr;
  mean(options?: ops.ReduceOptions): Expr;
  max(options?: ops.ReduceOptions): Expr;
  min(options?: ops.ReduceOptions): Expr;
  clip(low: number, high: number): Expr;
  matmul(other: Expr, options?: ops.MatmulOptions): Expr;
  reshape(shape: Shape): Expr;
  transpose(permutation?: readonly number[]): Expr;
  slice(axis: number, start: number, end?: number, step?: number): Expr;
  cast(dtype: DType): Expr;
  stopGradient(): Expr;
}

const METHODS = {
  add: ops.add,
  sub: ops.sub,
  mul: ops.mul,
  div: ops.div,
  neg: ops.neg,
  exp: ops.exp,
  log: ops.log,
  sqrt: ops.sqrt,
  square: ops.square,
  tanh: ops.tanh,
  sum: ops.sum,
  mean: ops.mean,
  max: ops.max,
  min: ops.min,
  clip: ops.clip,
  matmul: ops.matmul,
  reshape: ops.reshape,
  transpose: ops.transpose,
  slice: ops.slice,
  cast: ops.cast,
  stopGradient,
} as const;

for (const [name, operation] of Object.entries(METHODS)) {
  const apply = operation as (self: Expr, ...rest: unknown[]) => Expr;
  Object.defineProperty(Expr.prototype, name, {
    value(this: Expr, ...rest: unknown[]) {
      return apply(this, ...rest);
    },
    configurable: true,
  });
}
