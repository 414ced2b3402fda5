/**
 * Frames in memory, column by column: one typed array per numeric feature, row-major, so that an episode of a thousand
 * frames is a handful of arrays instead of a thousand objects.
 */
import { elementCount, type Feature, type NumericDtype } from "./features.ts";

/** int64 values are held as numbers: an index beyond 2⁵³ is an error, not a rounding. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

const ARRAY_TYPES = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: Float64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  bool: Uint8Array,
} as const satisfies Record<NumericDtype, unknown>;

/** `rows × width` numbers. */
export interface NumericColumn {
  readonly kind: "numeric";
  readonly width: number;
  readonly data: NumericArray;
}

/** One encoded PNG per row. */
export interface ImageColumn {
  readonly kind: "image";
  readonly data: readonly Uint8Array[];
}

/** Strings, or the JSON values of a `language` feature. */
export interface ValueColumn {
  readonly kind: "value";
  readonly data: readonly unknown[];
}

export type Column = NumericColumn | ImageColumn | ValueColumn;

/** Consecutive frames of one episode; video features are not included. */
export interface FrameTable {
  readonly length: number;
  readonly columns: Readonly<Record<string, Column>>;
}

export function allocateNumeric(dtype: NumericDtype, length: number): NumericArray {
  return new ARRAY_TYPES[dtype](length);
}

export function numericColumn(feature: Feature & { dtype: NumericDtype }, rows: number): NumericColumn {
  const width = elementCount(feature.shape);
  return { kind: "numeric", width, data: allocateNumeric(feature.dtype, rows * width) };
}

/** The numbers of a column. @throws Error if it is absent or not numeric. */
export function numbersOf(table: FrameTable, key: string): NumericArray {
  const column = table.columns[key];
  if (column?.kind !== "numeric") throw new Error(`the numeric column "${key}" does not exist`);
  return column.data;
}

/** Rows `start … end` as views of the same memory. */
export function sliceTable(table: FrameTable, start: number, end: number): FrameTable {
  const columns = Object.entries(table.columns).map(([key, column]): [string, Column] => {
    if (column.kind === "numeric") {
      return [key, { ...column, data: column.data.subarray(start * column.width, end * column.width) }];
    }
    return [key, { ...column, data: column.data.slice(start, end) } as Column];
  });
  return { length: end - start, columns: Object.fromEntries(columns) };
}
