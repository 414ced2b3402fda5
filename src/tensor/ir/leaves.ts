/** Expressions without inputs: a program's inputs, and constants. */
import { type DType, isFloat } from "../dtype.ts";
import { TraceError } from "../errors.ts";
import { Tensor } from "../tensor.ts";
import {
  activeGraph,
  definePrimitive,
  Expr,
  type ExprLike,
  type Graph,
  type Primitive,
  primitive,
  type Type,
} from "./expr.ts";

export const inputPrimitive = primitive<{ readonly name: string }>({ name: "input" });

export function inputExpr(graph: Graph, name: string, type: Type): Expr {
  return graph.leaf(inputPrimitive as Primitive, { name }, type);
}

export const scalarConstant = definePrimitive<{ readonly value: number }>({ name: "constant" });

export const tensorConstant = primitive<{ readonly tensor: Tensor }>({ name: "tensorConstant" });

/** A value known while tracing, which becomes part of the program. */
export function constant(value: number | Tensor, dtype: DType = "float32"): Expr {
  if (value instanceof Tensor) {
    const type = { shape: value.shape, dtype: value.dtype };
    // A copy: the program may be compiled long after the trace, and the caller's memory may change before.
    return activeGraph("constant").leaf(tensorConstant as Primitive, { tensor: value.clone() }, type);
  }
  if (!isFloat(dtype) && !Number.isInteger(value)) throw new TraceError(`constant: ${value} is not of type ${dtype}`);
  return scalarConstant([], { value }, [], dtype);
}

/** The number, if the expression is a scalar constant. */
export function scalarValue(expr: Expr): number | undefined {
  return scalarConstant.is(expr) ? expr.attributes.value : undefined;
}

/** Lifts numbers to constants of the first expression's element type. */
export function toExprs(name: string, values: readonly ExprLike[]): Expr[] {
  const dtype = values.find((value) => value instanceof Expr)?.dtype ?? "float32";
  const exprs = values.map((value) => (value instanceof Expr ? value : constant(value, dtype)));
  for (const expr of exprs) {
    if (expr.dtype !== dtype) {
      throw new TraceError(
        `${name}: element types differ (${exprs.map((e) => e.dtype).join(" and ")}); cast() one of them`,
      );
    }
  }
  return exprs;
}
