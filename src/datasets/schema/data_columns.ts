/** A frame table in the parquet writer's form. */

import { listDepth, storedKeys } from "../parquet/parquet_schema.ts";
import type { FileColumn } from "../parquet/row_group_encoder.ts";
import type { FrameTable } from "./columns.ts";
import { type Features, isCamera, isNumeric } from "./features.ts";

export function dataColumns(table: FrameTable, features: Features): readonly FileColumn[] {
  return storedKeys(features).map((key): FileColumn => {
    const feature = features[key]!;
    const column = table.columns[key]!;
    if (column.kind === "numeric" && isNumeric(feature)) {
      const lists = listDepth(feature.shape) === 0 ? [] : feature.shape;
      return { name: key, dtype: feature.dtype, lists, data: column.data, rows: table.length };
    }
    if (column.kind === "image") {
      const data = column.data.map((bytes, row) => ({ bytes, path: `frame-${String(row).padStart(6, "0")}.png` }));
      return { name: key, data, distinct: isCamera(feature) };
    }
    return { name: key, data: [...column.data] };
  });
}
