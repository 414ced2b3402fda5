/** Parquet schemas of LeRobot's files: every field optional, vectors as 3-level lists, images as structs. */
import type { SchemaElement } from "hyparquet";
import { elementCount, type Feature, type Features, type NumericDtype } from "../schema/features.ts";

const leaf = (name: string, element: Partial<SchemaElement>): SchemaElement => ({
  name,
  repetition_type: "OPTIONAL",
  ...element,
});

const NUMERIC: Record<NumericDtype, Partial<SchemaElement>> = {
  float32: { type: "FLOAT" },
  float64: { type: "DOUBLE" },
  int8: { type: "INT32", converted_type: "INT_8" },
  int16: { type: "INT32", converted_type: "INT_16" },
  int32: { type: "INT32" },
  int64: { type: "INT64" },
  uint8: { type: "INT32", converted_type: "UINT_8" },
  uint16: { type: "INT32", converted_type: "UINT_16" },
  uint32: { type: "INT32", converted_type: "UINT_32" },
  bool: { type: "BOOLEAN" },
};

const STRING: Partial<SchemaElement> = { type: "BYTE_ARRAY", converted_type: "UTF8" };

/** `depth` nested 3-level lists around a leaf. */
function nestedList(name: string, depth: number, element: Partial<SchemaElement>): SchemaElement[] {
  if (depth === 0) return [leaf(name, element)];
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    ...nestedList("element", depth - 1, element),
  ];
}

/** Number of lists around a feature's numbers: a shape of one element in one axis is a plain column, never a list. */
export const listDepth = (shape: readonly number[]): number =>
  shape.length === 0 || (shape.length === 1 && shape[0] === 1) ? 0 : shape.length;

export const int64Column = (name: string): SchemaElement[] => nestedList(name, 0, NUMERIC.int64);
export const float64Column = (name: string): SchemaElement[] => nestedList(name, 0, NUMERIC.float64);
export const stringColumn = (name: string): SchemaElement[] => nestedList(name, 0, STRING);
export const stringListColumn = (name: string): SchemaElement[] => nestedList(name, 1, STRING);
export const numberListColumn = (name: string, depth: number, dtype: "float64" | "int64"): SchemaElement[] =>
  nestedList(name, depth, NUMERIC[dtype]);

function featureColumn(name: string, feature: Feature): SchemaElement[] {
  switch (feature.dtype) {
    case "image":
      return [
        { name, repetition_type: "OPTIONAL", num_children: 2 },
        leaf("bytes", { type: "BYTE_ARRAY" }),
        leaf("path", STRING),
      ];
    case "string":
      return nestedList(name, listDepth(feature.shape), STRING);
    case "language":
      throw new Error(`feature "${name}": writing language columns is not supported`);
    case "video":
      throw new Error(`feature "${name}" is stored as video, not in parquet`);
    default:
      if (elementCount(feature.shape) === 0) {
        throw new Error(`feature "${name}": shape [${feature.shape.join(", ")}] holds no element`);
      }
      return nestedList(name, listDepth(feature.shape), NUMERIC[feature.dtype]);
  }
}

/** The schema of a file with these columns. */
export function fileSchema(columns: readonly (readonly SchemaElement[])[]): SchemaElement[] {
  return [{ name: "schema", repetition_type: "REQUIRED", num_children: columns.length }, ...columns.flat()];
}

/** Names of the features with a column in the data files: all except videos. */
export const storedKeys = (features: Features): string[] =>
  Object.keys(features).filter((key) => features[key]!.dtype !== "video");

export const dataSchema = (features: Features): SchemaElement[] =>
  fileSchema(storedKeys(features).map((key) => featureColumn(key, features[key]!)));
