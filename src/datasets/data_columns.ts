/** A frame table in the form the parquet writer takes: one array of JavaScript values per column. */
import type { Column, FrameTable, NumericColumn } from "./columns.ts";
import { type Feature, type Features, isCamera, isNumeric } from "./features.ts";
import type { ColumnRows } from "./parquet_appender.ts";
import { listDepth, storedKeys } from "./parquet_schema.ts";

export function dataColumns(table: FrameTable, features: Features): ColumnRows {
  return storedKeys(features).map((key) => {
    const feature = features[key]!;
    const data = columnRows(table.columns[key]!, feature, table.length);
    // Readers skip row groups by the range of these columns.
    const scalar = isNumeric(feature) && listDepth(feature.shape) === 0;
    return { name: key, data, statistics: scalar, distinct: feature.dtype.startsWith("float") || isCamera(feature) };
  });
}

function columnRows(column: Column, feature: Feature, length: number): unknown[] {
  switch (column.kind) {
    case "numeric":
      return numericRows(column, feature, length);
    case "image":
      return column.data.map((bytes, row) => ({ bytes, path: `frame-${String(row).padStart(6, "0")}.png` }));
    case "value":
      return [...column.data];
  }
}

function numericRows({ data, width }: NumericColumn, feature: Feature, length: number): unknown[] {
  const scalar = toScalar(feature);
  if (listDepth(feature.shape) === 0) return Array.from({ length }, (_, row) => scalar(data[row]!));
  const rows: unknown[] = new Array(length);
  for (let row = 0; row < length; row++) {
    const values: unknown[] = new Array(width);
    for (let i = 0; i < width; i++) values[i] = scalar(data[row * width + i]!);
    rows[row] = feature.shape.length === 1 ? values : nested(values, feature.shape);
  }
  return rows;
}

function toScalar({ dtype }: Feature): (value: number) => unknown {
  if (dtype === "int64") return BigInt;
  if (dtype === "bool") return (value) => value !== 0;
  return (value) => value;
}

function nested(values: readonly unknown[], shape: readonly number[]): unknown[] {
  if (shape.length === 1) return [...values];
  const size = values.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => nested(values.slice(i * size, (i + 1) * size), shape.slice(1)));
}
