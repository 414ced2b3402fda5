/** Element types in C. */
import type { DType } from "../../../dtype.ts";

interface CType {
  readonly name: string;
  /** Ends the names of the runtime's functions for this type. */
  readonly suffix: string;
}

const C_TYPES: Readonly<Partial<Record<DType, CType>>> = {
  float32: { name: "float", suffix: "f32" },
  float64: { name: "double", suffix: "f64" },
  int64: { name: "int64_t", suffix: "i64" },
  int32: { name: "int32_t", suffix: "i32" },
  uint8: { name: "uint8_t", suffix: "u8" },
  bool: { name: "uint8_t", suffix: "u8" },
};

export function cType(dtype: DType): string {
  return typeOf(dtype).name;
}

export function typeSuffix(dtype: DType): string {
  return typeOf(dtype).suffix;
}

/** @throws Error for types without arithmetic in C, such as float16. */
function typeOf(dtype: DType): CType {
  const type = C_TYPES[dtype];
  if (type === undefined) throw new Error(`c cannot compute with ${dtype} tensors`);
  return type;
}

export function cLiteral(value: number, dtype: DType): string {
  if (dtype !== "float32" && dtype !== "float64") return dtype === "int64" ? `INT64_C(${value})` : `${value}`;
  if (Number.isNaN(value)) return "NAN";
  if (!Number.isFinite(value)) return value > 0 ? "INFINITY" : "(-INFINITY)";
  const digits = dtype === "float32" ? Math.fround(value) : value;
  if (!Number.isFinite(digits)) return value > 0 ? "INFINITY" : "(-INFINITY)";
  const text = Object.is(digits, -0) ? "-0" : String(digits);
  const decimal = /[.e]/.test(text) ? text : `${text}.0`;
  const literal = dtype === "float32" ? `${decimal}f` : decimal;
  return text.startsWith("-") ? `(${literal})` : literal;
}
