/** Activation functions. sigmoid, softplus and tanh are elementwise primitives of their own. */
import { definePrimitive, type Expr } from "../ir/expr.ts";
import { add, erf, exp, mul, sigmoid, square, sub, tanh } from "./elementwise.ts";
import { cast, greater, where } from "./select.ts";

export const reluNode = definePrimitive({
  name: "relu",
  vjp: (g, node) => mul(g, cast(greater(node, 0), g.dtype)),
});

/** max(x, 0) */
export function relu(x: Expr): Expr {
  return reluNode([x], {}, x.shape);
}

export const siluNode = definePrimitive({
  name: "silu",
  // y = x·s with s = sigmoid(x), so y′ = s·(1 + x − y).
  vjp(g, node) {
    const x = node.inputs[0]!;
    return mul(g, mul(sigmoid(x), add(sub(x, node), 1)));
  },
});

/** x·sigmoid(x), also called swish */
export function silu(x: Expr): Expr {
  return siluNode([x], {}, x.shape);
}

export const geluNode = definePrimitive({
  name: "gelu",
  vjp(g, node) {
    const x = node.inputs[0]!;
    const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(g, add(cumulative, mul(x, density)));
  },
});

/** x·Φ(x), with Φ the normal distribution function; `tanh` selects the usual approximation. */
export function gelu(x: Expr, approximate: "none" | "tanh" = "none"): Expr {
  if (approximate === "none") return geluNode([x], {}, x.shape);
  const inner = mul(mul(x, add(mul(square(x), 0.044715), 1)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}

export const leakyReluNode = definePrimitive<{ slope: number }>({
  name: "leakyRelu",
  vjp: (g, { inputs, attributes }) => where(greater(inputs[0]!, 0), g, mul(g, attributes.slope)),
});

/** x where positive, `slope`·x elsewhere */
export function leakyRelu(x: Expr, slope = 0.01): Expr {
  return leakyReluNode([x], { slope }, x.shape);
}
