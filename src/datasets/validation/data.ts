/** Checks the data files: row counts, the five index columns, embedded images, and that every number is finite. */

import type { Dataset } from "../dataset.ts";
import { decodePng } from "../images/png.ts";
import { type EpisodeRecord, listChunkFiles } from "../meta/episodes.ts";
import { ParquetFile } from "../parquet/parquet_reader.ts";
import type { FrameTable, NumericArray } from "../schema/columns.ts";
import { numbersOf } from "../schema/columns.ts";
import { DONE, INTERVENTION, TRUNCATED } from "../schema/step_columns.ts";
import type { Problem, Problems } from "./problem.ts";

/** Difference between a stored timestamp and frame_index / fps, in seconds, that float32 explains. */
const timestampTolerance = (timestampS: number): number => 1e-4 + timestampS * 2 ** -22;

/** Row counts per file, and files without episodes: readers count rows across files, so both shift everything after. */
export async function checkDataFiles(dataset: Dataset, problems: Problems): Promise<void> {
  const expected = new Map<string, number>();
  for (const episode of dataset.episodes) {
    const path = dataset.dataPath(episode);
    expected.set(path, (expected.get(path) ?? 0) + episode.length);
  }
  const order = [...expected.keys()];
  if (order.join() !== order.toSorted().join()) {
    problems.warn({ file: "meta/episodes", field: "data/file_index" }, "files are not in the order of their episodes");
  }
  for (const path of await listChunkFiles(dataset.root, "data")) {
    if (!expected.has(path)) problems.warn({ file: path }, "no episode is in this file, but readers would read it");
  }
  for (const [path, rows] of expected) {
    await problems.try(path, async () => {
      const file = await ParquetFile.open(dataset.root, path);
      if (file.rows !== rows) problems.add({ file: path }, `holds ${file.rows} rows, its episodes have ${rows} frames`);
      await file.close();
    });
  }
}

/** @returns the episode's columns for further checks; undefined if they are unreadable. */
export async function checkEpisodeData(dataset: Dataset, episode: EpisodeRecord, problems: Problems) {
  const file = dataset.dataPath(episode);
  const table = await problems.try(file, () => dataset.readTable(episode));
  if (!table) return undefined;
  const firstRow = episode.fromIndex - dataset.firstIndexOf(file);
  checkIndices(dataset, episode, table, (row, field, message, level = "error") => {
    const at = { file, row: firstRow + row, field };
    const where = `${message} (episode ${episode.episodeIndex})`;
    if (level === "error") problems.add(at, where);
    else problems.warn(at, where);
  });
  for (const [field, column] of Object.entries(table.columns)) {
    if (column.kind === "numeric") {
      const bad = column.data.findIndex((value) => !Number.isFinite(value));
      const row = firstRow + Math.floor(bad / column.width);
      if (bad >= 0) problems.add({ file, field, row }, `is ${column.data[bad]}`);
      if (FLAGS.has(field))
        checkFlag(column.data, (row, message) => problems.add({ file, field, row: firstRow + row }, message));
    } else if (column.kind === "image") {
      column.data.forEach((png, row) => {
        const problem = describeImage(dataset, field, png);
        if (problem) problems.add({ file, field, row: firstRow + row }, problem);
      });
    }
  }
  return table;
}

/** Boolean columns. */
const FLAGS: ReadonlySet<string> = new Set([DONE, TRUNCATED, INTERVENTION]);

function checkFlag(values: NumericArray, report: (row: number, message: string) => void): void {
  const row = values.findIndex((value) => Number.isFinite(value) && value !== 0 && value !== 1);
  if (row >= 0) report(row, `is ${values[row]}; it is 0 or 1`);
}

type Report = (row: number, field: string, message: string, level?: Problem["level"]) => void;

function checkIndices(dataset: Dataset, episode: EpisodeRecord, table: FrameTable, report: Report): void {
  const { fps } = dataset.info;
  // An undeclared column is reported once, with the dataset's info.
  const column = (key: string): NumericArray | undefined =>
    table.columns[key]?.kind === "numeric" ? numbersOf(table, key) : undefined;
  const counted = (field: string, row: number, expected: number) => {
    const found = column(field)?.[row];
    if (found !== undefined && found !== expected) report(row, field, `expected ${expected}, found ${found}`);
  };
  const [timestamp, task] = [column("timestamp"), column("task_index")];
  for (let row = 0; row < table.length; row++) {
    counted("frame_index", row, row);
    counted("index", row, episode.fromIndex + row);
    counted("episode_index", row, episode.episodeIndex);
    if (timestamp) checkTimestamp(timestamp, row, fps, report);
    if (!task) continue;
    const text = dataset.tasks[task[row]!];
    if (text === undefined) report(row, "task_index", `task ${task[row]} does not exist`);
    else if (!episode.tasks.includes(text)) {
      report(row, "task_index", `"${text}" is not listed for this episode`, "warning");
    }
  }
}

function checkTimestamp(timestamp: NumericArray, row: number, fps: number, report: Report): void {
  const timestampS = timestamp[row]!;
  if (row > 0 && timestampS <= timestamp[row - 1]!) {
    report(row, "timestamp", `${timestampS} s does not follow ${timestamp[row - 1]} s: time must increase`);
  } else if (Math.abs(timestampS - row / fps) > timestampTolerance(timestampS)) {
    report(row, "timestamp", `${timestampS} s should be ${row} / ${fps} s`, "warning");
  }
}

function describeImage(dataset: Dataset, key: string, png: Uint8Array): string | undefined {
  try {
    decodePng(png, dataset.imageSize(key));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
