/** Arithmetic with broadcasting, and elementwise functions. */
import { type DType, isFloat } from "../dtype.ts";
import { TraceError } from "../errors.ts";
import { definePrimitive, type Expr, type ExprLike, type Operation } from "../ir/expr.ts";
import { constant, scalarValue } from "../ir/leaves.ts";
import { broadcastShapes, sameShape } from "../shape.ts";
import { broadcastOperands, broadcastTo, isBroadcast, sumTo, withoutExpansions } from "./broadcast.ts";

type BinaryVjp = (g: Expr, a: Expr, b: Expr, y: Expr) => Expr;

function binary(name: string, vjps: readonly [BinaryVjp, BinaryVjp], fold?: (a: Expr, b: Expr) => Expr | undefined) {
  const apply = definePrimitive({
    name,
    simplify({ shape }, inputs): Expr {
      const [a, b] = inputs as [Expr, Expr];
      return fold?.(a, b) ?? apply(withoutExpansions(inputs, shape), {}, shape);
    },
    vjp(g, node, index) {
      const [a, b] = node.inputs as [Expr, Expr];
      return sumTo(vjps[index]!(g, a, b, node), node.inputs[index]!.shape);
    },
  });
  return Object.assign(
    (a: ExprLike, b: ExprLike): Expr => {
      const { operands, shape } = broadcastOperands(name, [a, b]);
      return apply(operands, {}, shape);
    },
    { is: apply.is, primitive: apply.primitive },
  );
}

export const addNode = binary("add", [(g) => g, (g) => g]);
export const subNode = binary("sub", [(g) => g, (g) => neg(g)]);
export const mulNode = binary(
  "mul",
  [(g, _, b) => mul(g, b), (g, a) => mul(g, a)],
  (a, b) => foldScale(a, b) ?? foldScale(b, a),
);
export const divNode = binary("div", [(g, _, b) => div(g, b), (g, _a, b, y) => neg(mul(g, div(y, b)))]);

/** The value of a constant of one number, expanded or not, of the given element type. */
function splat(x: ExprLike, dtype: DType): number | undefined {
  if (typeof x === "number") return x;
  return x.dtype === dtype ? scalarValue(isBroadcast(x) ? x.inputs[0]! : x) : undefined;
}

/** x, if combining it with the neutral element y leaves it unchanged, shape included. */
function unchanged(x: ExprLike, y: ExprLike, neutral: number): Expr | undefined {
  if (typeof x === "number" || splat(y, x.dtype) !== neutral) return undefined;
  const shape = broadcastShapes(x.shape, typeof y === "number" ? [] : y.shape);
  return shape !== undefined && sameShape(shape, x.shape) ? x : undefined;
}

/** a + b */
export function add(a: ExprLike, b: ExprLike): Expr {
  return unchanged(a, b, 0) ?? unchanged(b, a, 0) ?? addNode(a, b);
}

/** a − b */
export function sub(a: ExprLike, b: ExprLike): Expr {
  return unchanged(a, b, 0) ?? subNode(a, b);
}

/** a · b, elementwise */
export function mul(a: ExprLike, b: ExprLike): Expr {
  return unchanged(a, b, 1) ?? unchanged(b, a, 1) ?? mulNode(a, b);
}

/** Constants collect: (x · c) · d = x · (c · d), and the product of two constants is one. */
function foldScale(x: Expr, factor: Expr): Expr | undefined {
  const scale = splat(factor, x.dtype);
  const shape = broadcastShapes(x.shape, factor.shape)!;
  if (scale === undefined) return undefined;
  const value = splat(x, x.dtype);
  if (value !== undefined) return broadcastTo(constant(value * scale, x.dtype), shape);
  if (!sameShape(shape, x.shape)) return undefined;
  const inner = mulNode.is(x) && isFloat(x.dtype) ? (x.inputs as [Expr, Expr]) : undefined;
  const innerScale = inner && splat(inner[1], x.dtype);
  // Constants sit on the right, and expanded ones shrink back to a scalar.
  if (innerScale === undefined || !sameShape(inner![0].shape, shape)) return mul(x, constant(scale, x.dtype));
  return mul(inner![0], innerScale * scale);
}

/** a / b, elementwise */
export function div(a: ExprLike, b: ExprLike): Expr {
  return unchanged(a, b, 1) ?? divNode(a, b);
}

function requireFloat(name: string, x: Expr): void {
  if (!isFloat(x.dtype)) throw new TraceError(`${name}: needs a floating-point tensor, got ${x.dtype}`);
}

function unary(name: string, vjp: (g: Expr, x: Expr, y: Expr) => Expr): Operation<[x: Expr]> {
  const apply = definePrimitive({ name, vjp: (g, node) => vjp(g, node.inputs[0]!, node) });
  const operation = (x: Expr) => {
    requireFloat(name, x);
    return apply([x], {}, x.shape);
  };
  return Object.assign(operation, { primitive: apply.primitive });
}

export const neg = (x: Expr): Expr => mul(x, -1);
export const exp = unary("exp", (g, _, y) => mul(g, y));
export const log = unary("log", (g, x) => div(g, x));
export const sqrt = unary("sqrt", (g, _, y) => div(mul(g, 0.5), y));
export const abs = unary("abs", (g, x) => mul(g, sign(x)));
export const sign = unary("sign", (g, x) => broadcastTo(constant(0, g.dtype), x.shape));
export const tanh = unary("tanh", (g, _, y) => mul(g, sub(1, square(y))));
export const sin = unary("sin", (g, x) => mul(g, cos(x)));
export const cos = unary("cos", (g, x) => neg(mul(g, sin(x))));
export const erf = unary("erf", (g, x) => mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))));
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = unary("sigmoid", (g, _, y) => mul(g, mul(y, sub(1, y))));
/** log(1 + eˣ), without overflow */
export const softplus = unary("softplus", (g, x) => mul(g, sigmoid(x)));

/** x² */
export function square(x: Expr): Expr {
  return mul(x, x);
}

/** x raised to a constant power. */
export function pow(x: Expr, exponent: number): Expr {
  requireFloat("pow", x);
  return powNode([x], { exponent }, x.shape);
}

export const powNode = definePrimitive<{ exponent: number }>({
  name: "pow",
  vjp(g, node) {
    const { exponent } = node.attributes;
    return mul(g, mul(pow(node.inputs[0]!, exponent - 1), exponent));
  },
});

export const log1pNode = definePrimitive({
  name: "log1p",
  vjp: (g, node) => div(g, add(node.inputs[0]!, 1)),
});

/** log(1 + x), accurate for small x */
export function log1p(x: Expr): Expr {
  requireFloat("log1p", x);
  return log1pNode([x], {}, x.shape);
}
