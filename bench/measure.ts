/** Timing and reporting shared by all benchmarks. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";

export interface Timing {
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
  readonly runs: number;
}

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Target of the figure, as "≤ 7" or "≥ 1000000"; absent for information only. */
  readonly target?: string;
  readonly detail?: string;
}

/** Options of `npm run bench`. */
export interface BenchOptions {
  /** How long to time each figure. */
  readonly seconds: number;
  /** Threads inside one operation of the engine. */
  readonly threads: number;
  /** Duration of the slow learner in the fault benchmark. */
  readonly minutes: number;
  /** Measure only figures whose name contains this text. */
  readonly only?: string;
  /** Smaller workloads, to check that everything runs. */
  readonly quick: boolean;
}

export interface MeasureOptions {
  readonly seconds?: number;
  readonly warmup?: number;
  readonly minRuns?: number;
}

/** Times single calls of `run` for about `seconds`. */
export async function measure(run: () => unknown, options: MeasureOptions = {}): Promise<Timing> {
  const { seconds = 3, warmup = 5, minRuns = 5 } = options;
  for (let i = 0; i < warmup; i++) await run();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || times.length < minRuns) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return timingOf(times);
}

/** @param times of single calls, in milliseconds. */
export function timingOf(times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  return { medianMs: quantile(0.5), p10Ms: quantile(0.1), p90Ms: quantile(0.9), runs: sorted.length };
}

export function timingRow(name: string, timing: Timing, extra: { target?: string; detail?: string } = {}): Row {
  const spread = `p10 ${format(timing.p10Ms)}, p90 ${format(timing.p90Ms)}, n ${timing.runs}`;
  const detail = extra.detail === undefined ? spread : `${spread}; ${extra.detail}`;
  return { name, value: timing.medianMs, unit: "ms", detail, ...(extra.target ? { target: extra.target } : {}) };
}

export function meetsTarget({ value, target }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  const bound = Number(target.replace(/[^\d.e+-]/gi, ""));
  return target.startsWith("≤") ? value <= bound : value >= bound;
}

const LOAD_AT_START = loadNow();

/** The machine. A load at the start means that other processes were running. */
export function machine(): Record<string, string | number | readonly number[]> {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    loadAverageAtStart: LOAD_AT_START,
    loadAverageAtEnd: loadNow(),
  };
}

/** Over the last 1, 5 and 15 minutes. */
function loadNow(): readonly number[] {
  return loadavg().map((load) => Math.round(load * 100) / 100);
}

export interface ReportOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Also write docs/results/NAME.json. */
  readonly save?: boolean;
}

/** Prints the machine and the rows as a table. */
export function report(name: string, rows: readonly Row[], { settings = {}, save = true }: ReportOptions = {}): void {
  const source = machine();
  console.log(`${name}: ${JSON.stringify({ ...source, ...settings })}`);
  if (LOAD_AT_START[0]! > cpus().length / 4) console.log("The machine was busy: times are longer than they would be.");
  console.table(rows.map(tableRow));
  if (!save) return;
  const folder = new URL("../docs/results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const content = { benchmark: name, date: new Date().toISOString(), machine: source, settings, rows };
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(content, null, 2)}\n`);
}

function tableRow(row: Row): Record<string, string> {
  const met = meetsTarget(row);
  return {
    figure: row.name,
    value: `${format(row.value)} ${row.unit}`.trim(),
    target: row.target ?? "",
    verdict: met === undefined ? "" : met ? "met" : "MISSED",
    detail: row.detail ?? "",
  };
}

function format(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
