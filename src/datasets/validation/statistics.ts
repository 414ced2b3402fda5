/** Checks stored statistics against the data: each episode's, and the dataset's against its episodes'. */

import type { Dataset } from "../dataset.ts";
import { STATS_PATH } from "../meta/paths.ts";
import type { FrameTable } from "../schema/columns.ts";
import { isCamera } from "../schema/features.ts";
import { embeddedImageStatistics, tableStatistics } from "../statistics/episode_statistics.ts";
import {
  type DatasetStatistics,
  type FeatureStatistics,
  QUANTILE_NAMES,
  VECTOR_STATISTICS,
} from "../statistics/feature_statistics.ts";
import type { Problems } from "./problem.ts";

/** float32 accumulation in other writers. */
const MOMENT_TOLERANCE = 1e-3;
/** Quantiles come from a histogram: writers may differ by a few of its 5000 bins, or by a step of the data. */
const QUANTILE_TOLERANCE = 1e-3;

/** Recomputes an episode's statistics from its columns. Video is lossy and skipped. */
export function checkEpisodeStatistics(
  dataset: Dataset,
  row: number,
  table: FrameTable,
  stored: DatasetStatistics | undefined,
  problems: Problems,
): void {
  const computed = { ...tableStatistics(table), ...embeddedImageStatistics(table, dataset.features) };
  for (const [key, statistics] of Object.entries(computed)) {
    const field = `stats/${key}`;
    const found = stored?.[key];
    if (!found) problems.warn({ file: "meta/episodes", row, field }, "the feature has no statistics");
    else {
      compare(found, statistics, (name, message) =>
        problems.warn({ file: "meta/episodes", row, field: `${field}/${name}` }, message),
      );
    }
  }
}

/** @param merged The merged statistics of all episodes. */
export async function checkDatasetStatistics(
  dataset: Dataset,
  merged: DatasetStatistics | undefined,
  problems: Problems,
): Promise<void> {
  const stored = await problems.try(
    STATS_PATH,
    () => dataset.statistics(({ location, problem }) => problems.warn(location, problem)),
    "warning",
  );
  if (!stored || !merged) return;
  for (const [key, feature] of Object.entries(dataset.features)) {
    if (feature.dtype === "string" || feature.dtype === "language") continue;
    const found = stored[key];
    if (!found) problems.warn({ file: STATS_PATH, field: key }, "the feature has no statistics");
    // Some writers count a camera's pixels in one place and its frames in another.
    else if (merged[key]) {
      const ignored = isCamera(feature) ? ["count"] : [];
      compare(found, merged[key], (name, message) => {
        if (!ignored.includes(name)) problems.warn({ file: STATS_PATH, field: `${key}/${name}` }, message);
      });
    }
  }
}

function compare(
  stored: FeatureStatistics,
  computed: FeatureStatistics,
  report: (name: string, message: string) => void,
): void {
  if (stored.count !== computed.count) report("count", `is ${stored.count}, the files give ${computed.count}`);
  for (const name of VECTOR_STATISTICS) {
    const isQuantile = (QUANTILE_NAMES as readonly string[]).includes(name);
    if (stored[name].length !== computed[name].length) {
      report(name, `has ${stored[name].length} dimensions, the feature ${computed[name].length}`);
      continue;
    }
    computed[name].forEach((value, i) => {
      const range = computed.max[i]! - computed.min[i]!;
      const scale = isQuantile ? Math.max(range, 1e-6) : Math.max(1e-3, Math.abs(value), range);
      const found = stored[name][i]!;
      if (Math.abs(found - value) <= scale * (isQuantile ? QUANTILE_TOLERANCE : MOMENT_TOLERANCE)) return;
      if (isQuantile && Number.isNaN(found)) return;
      report(name, `[${i}] is ${found}, the files give ${value}`);
    });
  }
}
