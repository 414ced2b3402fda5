/** Statistics of an episode's numeric features and embedded images. */

import { decodePng } from "../images/png.ts";
import type { FrameTable } from "../schema/columns.ts";
import { cameraKeys, type Features, imageSize } from "../schema/features.ts";
import { CameraStatistics } from "./camera_statistics.ts";
import { dimensionStatistics, featureStatistics } from "./dimension_statistics.ts";
import type { FeatureStatistics } from "./feature_statistics.ts";

/** @returns one entry per numeric column, index features included; strings have no statistics. */
export function tableStatistics(table: FrameTable): Record<string, FeatureStatistics> {
  const result: Record<string, FeatureStatistics> = {};
  for (const [key, column] of Object.entries(table.columns)) {
    if (column.kind !== "numeric") continue;
    const values = new Float64Array(table.length);
    const dimensions = Array.from({ length: column.width }, (_, d) => {
      for (let row = 0; row < table.length; row++) values[row] = column.data[row * column.width + d]!;
      return dimensionStatistics(values);
    });
    result[key] = featureStatistics(dimensions, table.length);
  }
  return result;
}

/** Statistics of cameras with frames embedded as PNG. */
export function embeddedImageStatistics(table: FrameTable, features: Features): Record<string, FeatureStatistics> {
  const result: Record<string, FeatureStatistics> = {};
  for (const key of cameraKeys(features, "image")) {
    const column = table.columns[key];
    if (column?.kind !== "image") continue;
    const size = imageSize(key, features[key]!);
    const statistics = new CameraStatistics(size);
    for (const png of column.data) statistics.add(decodePng(png, size).data);
    result[key] = statistics.finish();
  }
  return result;
}
