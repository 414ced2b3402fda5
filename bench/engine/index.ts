/**
 * The numeric engine: training steps and forward passes with every backend, compared with each other and with the machine's
 * own sgemm rate. `bench/peers` times PyTorch and JAX on the same workloads.
 */
import type { BenchOptions, Row } from "../measure.ts";
import { busyCoreRows } from "./busy_core.ts";
import { type ComparisonOptions, callRows, sgemmRow, stepRows } from "./comparison.ts";
import { importTimeRow } from "./import_time.ts";
import { memoryGrowthRows } from "./memory_growth.ts";
import { runOverheadRow } from "./run_overhead.ts";
import { startTimeRows } from "./start_time.ts";
import { WORKLOADS, type WorkloadName } from "./workloads/index.ts";

/** The targets are for two threads. */
const TARGET_THREADS = 2;
const STEPS: readonly WorkloadName[] = [
  "sacStep",
  "presetUpdate",
  "criticStep",
  "convStep",
  "transformerStep",
  "resnet10Pair",
  "resnet10Batch",
];
/** Also timed with one thread: what a learner beside a busy actor has. */
const SINGLE: ReadonlySet<WorkloadName> = new Set(["sacStep", "presetUpdate"]);
/** Below this size arithmetic is negligible: the cost of a call is measured. */
const CALLS: readonly WorkloadName[] = ["actorForward", "nothing"];
const STARTS: readonly WorkloadName[] = ["sacStep", "presetUpdate"];

export async function engineRows({ seconds, threads, only, quick }: BenchOptions): Promise<Row[]> {
  const isWanted = (name: string) => only === undefined || name.toLowerCase().includes(only.toLowerCase());
  const named = (names: readonly WorkloadName[]) => names.filter((name) => isWanted(WORKLOADS[name].name));
  const rows: Row[] = [];
  if (isWanted("sgemm")) {
    for (const count of new Set([1, threads])) rows.push(await sgemmRow({ threads: count, seconds }));
  }
  for (const name of named(STEPS)) {
    for (const count of new Set([threads, ...(SINGLE.has(name) ? [1] : [])])) {
      rows.push(...(await stepRows(name, settings(count, count === TARGET_THREADS))));
    }
  }
  for (const name of named(CALLS)) rows.push(...(await callRows(name, settings(1, true))));
  if (isWanted("run() without a backend")) rows.push(await runOverheadRow(seconds));
  if (isWanted("busy core")) {
    rows.push(...(await busyCoreRows("sacStep", { threads: TARGET_THREADS, seconds, steps: quick ? 10 : 100 })));
  }
  if (isWanted("start")) {
    rows.push(...(await startTimeRows(STARTS, threads)));
  }
  if (isWanted("memory growth")) rows.push(...(await memoryGrowthRows("smallSacStep", quick ? 1000 : 20_000)));
  if (isWanted("import")) rows.push(await importTimeRow());
  return rows;

  function settings(count: number, hasTargets: boolean): ComparisonOptions {
    return { threads: count, seconds, hasTargets };
  }
}
