/** Comparisons, selection, clipping and casts. */
import { type DType, isFloat } from "../dtype.ts";
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr, type ExprLike, type Operation } from "../ir/expr.ts";
import { toExprs } from "../ir/leaves.ts";
import { broadcastOperands, sumTo } from "./broadcast.ts";
import { add, mul } from "./elementwise.ts";
import { zeros } from "./shape_ops.ts";

function comparison(name: string): Operation<[a: ExprLike, b: ExprLike]> {
  const apply = definePrimitive({ name });
  const operation = (a: ExprLike, b: ExprLike) => {
    const { operands, shape } = broadcastOperands(name, [a, b]);
    return apply(operands, {}, shape, "bool");
  };
  return Object.assign(operation, { primitive: apply.primitive });
}

export const equal = comparison("equal");
export const less = comparison("less");
export const lessEqual = comparison("lessEqual");
export const greater = comparison("greater");
export const greaterEqual = comparison("greaterEqual");
export const logicalAnd = comparison("logicalAnd");
export const logicalOr = comparison("logicalOr");

export const notNode = definePrimitive({ name: "logicalNot" });

export function logicalNot(x: Expr): Expr {
  return notNode([x], {}, x.shape);
}

export const castNode = definePrimitive<{ from: DType; to: DType }>({
  name: "cast",
  vjp: (g, { attributes }) => (isFloat(attributes.from) ? cast(g, attributes.from) : undefined),
});

/** The same values in another element type; float to integer truncates towards zero. */
export function cast(x: Expr, dtype: DType): Expr {
  return x.dtype === dtype ? x : castNode([x], { from: x.dtype, to: dtype }, x.shape, dtype);
}

export const whereNode = definePrimitive({
  name: "where",
  vjp(g, node, index) {
    const condition = node.inputs[0]!;
    const none = zeros([], g.dtype);
    if (index === 0) return undefined;
    return sumTo(index === 1 ? where(condition, g, none) : where(condition, none, g), node.inputs[index]!.shape);
  },
});

/** `a` where `condition` holds, `b` elsewhere; all three broadcast. No gradient flows to the side not taken. */
export function where(condition: Expr, a: ExprLike, b: ExprLike): Expr {
  if (condition.dtype !== "bool") throw new TraceError(`where: the condition is ${condition.dtype}, it must be bool`);
  const [left, right] = toExprs("where", [a, b]) as [Expr, Expr];
  const { shape } = broadcastOperands("where", [cast(condition, left.dtype), left, right]);
  return whereNode([condition, left, right], {}, shape, left.dtype);
}

function extremum(name: string, wins: (a: ExprLike, b: ExprLike) => Expr): Operation<[a: ExprLike, b: ExprLike]> {
  const apply = definePrimitive({
    name,
    // Where both are equal each gets half, as in PyTorch.
    vjp(g, node, index) {
      const [a, b] = node.inputs as [Expr, Expr];
      const mine = index === 0 ? wins(a, b) : wins(b, a);
      const share = add(cast(mine, g.dtype), mul(cast(equal(a, b), g.dtype), 0.5));
      return sumTo(mul(g, share), node.inputs[index]!.shape);
    },
  });
  const operation = (a: ExprLike, b: ExprLike): Expr => {
    const { operands, shape } = broadcastOperands(name, [a, b]);
    return apply(operands, {}, shape);
  };
  return Object.assign(operation, { primitive: apply.primitive });
}

/** The smaller of two values, elementwise. */
export const minimum = extremum("minimum", less);
/** The larger of two values, elementwise. */
export const maximum = extremum("maximum", greater);

export const clipNode = definePrimitive<{ low: number; high: number }>({
  name: "clip",
  vjp: (g, node) => mul(g, cast(equal(node.inputs[0]!, node), g.dtype)),
});

/** x limited to [low, high]. The gradient passes where low ≤ x ≤ high. */
export function clip(x: Expr, low: number, high: number): Expr {
  if (!(low <= high) || !Number.isFinite(low) || !Number.isFinite(high)) {
    throw new TraceError(`clip: needs finite bounds low ≤ high, got ${low} and ${high}`);
  }
  return clipNode([x], { low, high }, x.shape);
}
