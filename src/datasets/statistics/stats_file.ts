/** `meta/stats.json` and the shapes of statistics in files: nested like the feature, cameras as (channels, 1, 1). */
import { parseShallowJson } from "../../utils/files/shallow_json.ts";
import { readTextFile } from "../../utils/files/text_file.ts";
import { DatasetError } from "../errors.ts";
import { STATS_PATH } from "../meta/paths.ts";
import { listDepth } from "../parquet/parquet_schema.ts";
import { locateFile } from "../reading/locate_file.ts";
import { type Feature, type Features, isCamera } from "../schema/features.ts";
import { type DatasetStatistics, type FeatureStatistics, VECTOR_STATISTICS } from "./feature_statistics.ts";

/** Numbers nested to the depth of a feature's statistics in files. */
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

/** Statistics from a file, with any nesting. */
export function parseStatistics(record: Readonly<Record<string, unknown>>, file: string, key: string) {
  const numbers = (name: string): number[] => {
    const values = Array.isArray(record[name]) ? (record[name].flat(Number.POSITIVE_INFINITY) as unknown[]) : [];
    if (values.length === 0 || !values.every(isStatistic)) {
      throw new DatasetError({ file, field: `${key}/${name}` }, "not a list of numbers");
    }
    return values.map((value) => (value === null ? Number.NaN : Number(value)));
  };
  const vectors = VECTOR_STATISTICS.filter((name) => record[name] !== undefined || !name.startsWith("q"));
  const parsed = Object.fromEntries(vectors.map((name) => [name, numbers(name)]));
  // Files from before the quantiles have none; they read as missing numbers.
  const missing = (parsed.mean as number[]).map(() => Number.NaN);
  for (const name of VECTOR_STATISTICS) parsed[name] ??= missing;
  return { ...parsed, count: numbers("count")[0]! } as unknown as FeatureStatistics;
}

/** Older recorders store the extremes of flags as flags; a Python value that is not a number is null here. */
function isStatistic(value: unknown): boolean {
  return value === null || ["number", "bigint", "boolean"].includes(typeof value);
}

/** Statistics of a hundred features with a thousand values each take some 10 MB. */
const MAX_STATS_BYTES = 16 * 2 ** 20;

/** Words that Python writes into JSON although JSON has no such values. */
const NOT_JSON = /(?<=[[,:\s])(?:-?Infinity|NaN)(?=[\s,\]}])/g;

/**
 * Reads the statistics; an unreadable feature does not affect the others.
 * @param onProblem Called with each feature's unreadable statistics, which are left out.
 * @returns undefined if the dataset has no statistics file, or an unreadable one.
 */
export async function readStatistics(
  root: string,
  onProblem: (error: DatasetError) => void = () => {},
): Promise<DatasetStatistics | undefined> {
  let text: string;
  try {
    text = await readTextFile(await locateFile(root, STATS_PATH), MAX_STATS_BYTES);
  } catch (error) {
    if (error instanceof DatasetError) {
      onProblem(error);
      return undefined;
    }
    const { cause, message } = error as Error;
    const isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
    if (!isMissing) onProblem(new DatasetError({ file: STATS_PATH }, message, { cause: error }));
    return undefined;
  }
  let json: Record<string, Record<string, unknown> | null>;
  try {
    json = (parseShallowJson(text.replaceAll(NOT_JSON, "null")) as typeof json | null) ?? {};
  } catch (cause) {
    onProblem(new DatasetError({ file: STATS_PATH }, `not JSON: ${(cause as Error).message}`, { cause }));
    return undefined;
  }
  const read: [string, FeatureStatistics][] = [];
  for (const [key, record] of Object.entries(json)) {
    try {
      read.push([key, parseStatistics(record ?? {}, STATS_PATH, key)]);
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      onProblem(error);
    }
  }
  return Object.fromEntries(read);
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
