/** Formulas of maps and reductions as C expressions. */
import type { DType } from "../../../dtype.ts";
import { cLiteral, typeSuffix } from "./c_types.ts";
import { joining, type MapNode, type ReduceOperation } from "./ir.ts";

export function applyFormula({ formula, inputs }: MapNode, operands: readonly string[]): string {
  return fill(formula, operands, inputs.at(-1)!.base.dtype);
}

/** Joins two partial results of a reduction. */
export function combine(operation: ReduceOperation, dtype: DType, a: string, b: string): string {
  return fill(joining(operation, dtype), [a, b], dtype);
}

function fill(formula: string, operands: readonly string[], dtype: DType): string {
  return formula.replace(/\$(\d)/g, (_, at) => operands[Number(at)]!).replaceAll("$t", typeSuffix(dtype));
}

const LOWEST: Readonly<Partial<Record<DType, string>>> = {
  int64: "INT64_MIN",
  int32: "INT32_MIN",
  uint8: "0",
  bool: "0",
};
const HIGHEST: Readonly<Partial<Record<DType, string>>> = {
  int64: "INT64_MAX",
  int32: "INT32_MAX",
  uint8: "UINT8_MAX",
  bool: "1",
};

/** What a reduction starts from. */
export function neutralElement(operation: ReduceOperation, dtype: DType): string {
  if (operation === "sum") return "0";
  const isMax = operation === "max";
  return (
    (isMax ? LOWEST : HIGHEST)[dtype] ?? cLiteral(isMax ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY, dtype)
  );
}
