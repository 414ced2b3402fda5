/** A traced program as nodes and views. */
import type { Expr } from "../../../ir/expr.ts";
import { isComputedEmpty } from "../../../ir/passes.ts";
import { feedsOf, fetchesOf, type TracedProgram } from "../../../ir/traced_program.ts";
import { lower } from "../../lowering.ts";
import { C_LOWERINGS } from "../lowerings/index.ts";
import { Builder, type FeedNode, type Node, type TensorNode, type Value } from "./ir.ts";
import { broadcastView } from "./views.ts";

export interface LoweredProgram {
  /** In the order of `feedsOf`, without those that no operation reads. */
  readonly feeds: readonly FeedNode[];
  readonly constants: readonly TensorNode[];
  /** The nodes that are computed into the fetched tensors. */
  readonly fetches: readonly { readonly name: string; readonly node: Node }[];
}

/** @throws Error naming an operation or element type that C code cannot compute. */
export function lowerProgram(program: TracedProgram): LoweredProgram {
  const builder = new Builder();
  const values = new Map<Expr, Value>();
  for (const { name, expr } of feedsOf(program)) {
    const { shape, dtype } = expr;
    values.set(expr, builder.node({ kind: "feed", inputs: [], shape, dtype, name }));
  }
  for (const [index, expr] of program.nodes.entries()) {
    if (!values.has(expr)) values.set(expr, lowerExpr(expr, index, values, builder));
  }
  const fetches = fetchesOf(program).map(({ name, expr }) => ({ name, node: builder.own(values.get(expr)!).base }));
  return {
    feeds: builder.nodes.filter((node) => node.kind === "feed"),
    constants: builder.nodes.filter((node) => node.kind === "tensor"),
    fetches,
  };
}

function lowerExpr(expr: Expr, index: number, values: ReadonlyMap<Expr, Value>, builder: Builder): Value {
  const { shape, dtype, attributes } = expr;
  const { name } = expr.primitive;
  if (name === "tensorConstant") return builder.node({ kind: "tensor", inputs: [], shape, dtype, index });
  if (name === "constant") return builder.number((attributes as { value: number }).value, dtype);
  if (isComputedEmpty(expr)) return broadcastView(builder.number(0, dtype), shape);
  const inputs = expr.inputs.map((input) => values.get(input)!);
  return lower("c", C_LOWERINGS, expr, inputs, builder);
}
