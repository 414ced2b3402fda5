/** The numeric engine: training steps and forward passes, compared with the machine's own sgemm rate. */
import { type BenchOptions, measure, type Row, timingRow } from "../measure.ts";
import { executedFlops } from "./executed_flops.ts";
import { importTimeRow } from "./import_time.ts";
import { memoryGrowthRow } from "./memory_growth.ts";
import type { Workload } from "./workload.ts";
import { actorForward } from "./workloads/actor_forward.ts";
import { convStep } from "./workloads/conv_step.ts";
import { criticStep } from "./workloads/critic_step.ts";
import { matmul } from "./workloads/matmul.ts";
import { nothing } from "./workloads/nothing.ts";
import { resnet10Forward } from "./workloads/resnet10_forward.ts";
import { sacStep } from "./workloads/sac_step.ts";
import { transformerStep } from "./workloads/transformer_step.ts";

const SGEMM_SIZE = 1024;
const SAC_STEP = sacStep(256);
const STEPS: readonly Workload[] = [
  SAC_STEP,
  criticStep,
  convStep,
  transformerStep,
  resnet10Forward(2),
  resnet10Forward(64),
];
/** Below this size arithmetic is negligible: the cost of a call is measured. */
const CALLS: readonly Workload[] = [actorForward, nothing];

export async function engineRows({ seconds, threads, only, quick }: BenchOptions): Promise<Row[]> {
  const isWanted = ({ name }: { name: string }) =>
    only === undefined || name.toLowerCase().includes(only.toLowerCase());
  const rows: Row[] = [];
  const sgemm = new Map<number, number>();
  for (const count of new Set([1, threads])) {
    const row = await sgemmRow(count, seconds);
    sgemm.set(count, row.value * 1e9);
    rows.push(row);
  }
  for (const workload of STEPS.filter(isWanted)) {
    rows.push(...(await stepRows(workload, { seconds, threads, sgemmRate: sgemm.get(threads)! })));
  }
  for (const workload of CALLS.filter(isWanted)) {
    rows.push((await timed(workload, 1, seconds)).timing);
  }
  if (only === undefined) {
    rows.push(await memoryGrowthRow(sacStep(16), quick ? 1000 : 20_000));
    rows.push(await importTimeRow());
  }
  return rows;
}

async function sgemmRow(threads: number, seconds: number): Promise<Row> {
  const { program, run } = matmul(SGEMM_SIZE).create({ threads });
  const { medianMs, runs } = await measure(run, { seconds });
  await program.dispose();
  const gigaflops = (2 * SGEMM_SIZE ** 3) / (medianMs * 1e6);
  return { name: `sgemm ${SGEMM_SIZE}, threads ${threads}`, value: gigaflops, unit: "GFLOP/s", detail: `n ${runs}` };
}

interface StepSettings {
  readonly seconds: number;
  readonly threads: number;
  /** Floating-point operations per second. */
  readonly sgemmRate: number;
}

/** A step's time, and the share of it that the machine's sgemm would need for the same arithmetic. */
async function stepRows(workload: Workload, { seconds, threads, sgemmRate }: StepSettings): Promise<Row[]> {
  const { timing, loading } = await timed(workload, threads, seconds);
  const flops = await executedFlops(workload);
  const share = flops / sgemmRate / (timing.value / 1e3);
  const isSac = workload === SAC_STEP;
  return [
    timing,
    {
      name: `${workload.name}: share of the sgemm rate`,
      value: share,
      unit: "",
      ...(isSac ? { target: "≥ 0.4" } : {}),
      detail: `${(flops / 1e9).toFixed(2)} GFLOP in products and convolutions`,
    },
    ...(isSac ? [{ ...loading, target: "≤ 1000" }] : []),
  ];
}

async function timed(workload: Workload, threads: number, seconds: number): Promise<{ timing: Row; loading: Row }> {
  const start = performance.now();
  const { program, run } = workload.create({ threads });
  await program.load();
  const loadingMs = performance.now() - start;
  const timing = await measure(run, { seconds });
  await program.dispose();
  return {
    timing: timingRow(`${workload.name}, threads ${threads}`, timing, {
      detail: workload.sizes,
      ...(workload.target ? { target: workload.target } : {}),
    }),
    loading: { name: `${workload.name}: tracing and session creation`, value: loadingMs, unit: "ms" },
  };
}
