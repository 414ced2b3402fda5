/** `meta/stats.json`, and the shapes statistics have in files: nested like the feature, cameras as (channels, 1, 1). */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError } from "../errors.ts";
import { type Feature, type Features, isCamera } from "../features.ts";
import { listDepth } from "../parquet_schema.ts";
import { STATS_PATH } from "../paths.ts";
import { type DatasetStatistics, type FeatureStatistics, VECTOR_STATISTICS } from "./feature_statistics.ts";

/** Numbers nested to the depth a feature's statistics have in files. */
export function nestStatistic(values: readonly number[], feature: Feature): unknown[] {
  if (isCamera(feature)) return values.map((value) => [[value]]);
  return nest(values, feature.shape.slice(1));
}

/** Axes of a feature's statistics in files: a scalar is a list of one. */
export const statisticDepth = (feature: Feature): number =>
  isCamera(feature) ? 3 : Math.max(1, listDepth(feature.shape));

function nest(values: readonly number[], inner: readonly number[]): unknown[] {
  if (inner.length === 0) return [...values];
  const size = inner.reduce((product, extent) => product * extent, 1);
  return Array.from({ length: values.length / size }, (_, i) =>
    nest(values.slice(i * size, (i + 1) * size), inner.slice(1)),
  );
}

/** Statistics as found in a file, whatever their nesting. */
export function parseStatistics(record: Readonly<Record<string, unknown>>, file: string, key: string) {
  const numbers = (name: string): number[] => {
    const values = Array.isArray(record[name]) ? (record[name].flat(Number.POSITIVE_INFINITY) as unknown[]) : [];
    const valid = values.length > 0 && values.every((value) => typeof value === "number" || typeof value === "bigint");
    if (!valid) throw new DatasetError({ file, field: `${key}/${name}` }, "not a list of numbers");
    return values.map(Number);
  };
  const vectors = VECTOR_STATISTICS.filter((name) => record[name] !== undefined || !name.startsWith("q"));
  const parsed = Object.fromEntries(vectors.map((name) => [name, numbers(name)]));
  // Files older than the quantiles have none: their mean bounds nothing, so they read as missing numbers.
  const missing = (parsed.mean as number[]).map(() => Number.NaN);
  for (const name of VECTOR_STATISTICS) parsed[name] ??= missing;
  return { ...parsed, count: numbers("count")[0]! } as unknown as FeatureStatistics;
}

/** @returns undefined when the dataset has no statistics file. */
export async function readStatistics(root: string): Promise<DatasetStatistics | undefined> {
  let text: string;
  try {
    text = await readFile(join(root, STATS_PATH), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  let json: Record<string, Record<string, unknown>>;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DatasetError({ file: STATS_PATH }, "not JSON", { cause });
  }
  const entries = Object.entries(json).map(([key, record]) => [key, parseStatistics(record, STATS_PATH, key)]);
  return Object.fromEntries(entries) as DatasetStatistics;
}

export function serialiseStatistics(statistics: DatasetStatistics, features: Features): string {
  const json = Object.entries(statistics).map(([key, feature]) => [
    key,
    {
      ...Object.fromEntries(VECTOR_STATISTICS.map((name) => [name, nestStatistic(feature[name], features[key]!)])),
      count: [feature.count],
    },
  ]);
  return JSON.stringify(Object.fromEntries(json), null, 4);
}
