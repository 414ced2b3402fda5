/** The common operations as methods, so that equations read from left to right: `q.sub(target).square().mean()`. */
import { Expr } from "./ir/expr.ts";
import type { FluentMethods } from "./ir/fluent_methods.ts";
import * as ops from "./ops/index.ts";

type Methods = {
  readonly [Name in keyof FluentMethods<Expr>]: (self: Expr, ...rest: Parameters<FluentMethods<Expr>[Name]>) => Expr;
};

const METHODS: Methods = {
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
  stopGradient: ops.stopGradient,
};

for (const [name, operation] of Object.entries(METHODS)) {
  const apply = operation as (self: Expr, ...rest: unknown[]) => Expr;
  Object.defineProperty(Expr.prototype, name, {
    value(this: Expr, ...rest: unknown[]) {
      return apply(this, ...rest);
    },
    configurable: true,
  });
}
