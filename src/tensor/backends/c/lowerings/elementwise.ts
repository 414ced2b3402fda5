/** Arithmetic, elementary functions, comparison and selection: one formula each. */
import { isFloat } from "../../../dtype.ts";
import type { Expr } from "../../../ir/expr.ts";
import { cType } from "../codegen/c_types.ts";
import { arithmetic, type Builder, type Value } from "../codegen/ir.ts";
import type { CLowerings } from "./table.ts";

/** An entry whose value is a formula of its inputs. */
function formula(text: string) {
  return ({ shape, dtype }: Expr, inputs: readonly Value[], builder: Builder): Value =>
    builder.map(text, inputs, shape, dtype);
}

export const elementwise = {
  add: ({ shape, dtype }, inputs, builder) => builder.map(arithmetic("add", dtype), inputs, shape),
  sub: ({ shape, dtype }, inputs, builder) => builder.map(arithmetic("sub", dtype), inputs, shape),
  mul: ({ shape, dtype }, inputs, builder) => builder.map(arithmetic("mul", dtype), inputs, shape),
  div: ({ shape, dtype }, inputs, builder) => builder.map(isFloat(dtype) ? "$0 / $1" : "div_$t($0, $1)", inputs, shape),
  pow({ attributes, shape, dtype }, inputs, builder) {
    const { exponent } = attributes;
    if (exponent === 2) return builder.map("$0 * $0", inputs, shape);
    if (exponent === 0.5) return builder.map("sqrt_$t($0)", inputs, shape);
    return builder.map("pow_$t($0, $1)", [inputs[0]!, builder.number(exponent, dtype)], shape);
  },
  exp: formula("exp_$t($0)"),
  log: formula("log_$t($0)"),
  log1p: formula("log1p_$t($0)"),
  sqrt: formula("sqrt_$t($0)"),
  abs: formula("abs_$t($0)"),
  sign: formula("sign_$t($0)"),
  sin: formula("sin_$t($0)"),
  cos: formula("cos_$t($0)"),
  erf: formula("erf_$t($0)"),
  tanh: formula("tanh_$t($0)"),
  sigmoid: formula("sigmoid_$t($0)"),
  softplus: formula("softplus_$t($0)"),
  relu: formula("max_$t($0, 0)"),
  leakyRelu: ({ attributes, shape, dtype }, [x], builder) =>
    builder.map("$0 > 0 ? $0 : $0 * $1", [x!, builder.number(attributes.slope, dtype)], shape),
  silu: formula("silu_$t($0)"),
  gelu: formula("gelu_$t($0)"),

  equal: formula("$0 == $1"),
  less: formula("$0 < $1"),
  lessEqual: formula("$0 <= $1"),
  greater: formula("$0 > $1"),
  greaterEqual: formula("$0 >= $1"),
  logicalAnd: formula("$0 & $1"),
  logicalOr: formula("$0 | $1"),
  logicalNot: formula("!$0"),
  where: formula("$0 ? $1 : $2"),
  minimum: formula("min_$t($0, $1)"),
  maximum: formula("max_$t($0, $1)"),
  clip: ({ attributes, shape, dtype }, [x], builder) =>
    builder.map(
      "min_$t(max_$t($0, $1), $2)",
      [x!, builder.number(attributes.low, dtype), builder.number(attributes.high, dtype)],
      shape,
    ),
  cast({ attributes, shape }, [x], builder) {
    const { to } = attributes;
    if (to === x!.base.dtype) return x!;
    return builder.map(to === "bool" ? "$0 != 0" : `(${cType(to)})$0`, [x!], shape, to);
  },
} satisfies Partial<CLowerings>;
