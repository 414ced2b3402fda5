/** One workload with every backend, and its share of the machine's sgemm rate in the same minute. */
import { type Row, type Timing, timingRow } from "../measure.ts";
import { alternate } from "./alternate.ts";
import { BACKENDS, REFERENCE } from "./backends.ts";
import { executedFlops } from "./executed_flops.ts";
import { withWorkloads } from "./spawned_workload.ts";
import type { Workload } from "./workload.ts";
import { SGEMM_SIZE, WORKLOADS, type WorkloadName } from "./workloads/index.ts";

export interface ComparisonOptions {
  readonly threads: number;
  readonly seconds: number;
  /** Whether the workload's targets hold for this number of threads. */
  readonly hasTargets: boolean;
}

/** The time of a call, per backend. */
export async function callRows(name: WorkloadName, options: ComparisonOptions): Promise<Row[]> {
  const timings = await compare(name, [], options);
  return timeRows(name, timings, options);
}

/** The time of a step and its share of the sgemm rate, per backend. */
export async function stepRows(name: WorkloadName, options: ComparisonOptions): Promise<Row[]> {
  const timings = await compare(name, ["sgemm"], options);
  const sgemm = timings.pop()!;
  const { name: title, shareTarget }: Workload = WORKLOADS[name];
  const flops = await executedFlops(WORKLOADS[name]);
  const sgemmRate = sgemmFlops / sgemm.medianMs;
  const shares = BACKENDS.map(({ name: backend }, i) => ({
    name: `${title}, threads ${options.threads}, ${backend}: share of the sgemm rate`,
    value: flops / timings[i]!.medianMs / sgemmRate,
    unit: "",
    ...(i === 0 && options.hasTargets && shareTarget !== undefined ? { target: shareTarget } : {}),
    detail: `${(flops / 1e9).toFixed(2)} GFLOP in products and convolutions, sgemm ${gigaflops(sgemm)} GFLOP/s`,
  }));
  return [...timeRows(name, timings, options), ...shares];
}

/** The rate of a large product with the reference backend. */
export async function sgemmRow({ threads, seconds }: Pick<ComparisonOptions, "threads" | "seconds">): Promise<Row> {
  const task = { workload: "sgemm", backend: REFERENCE.name, threads } as const;
  const [timing] = await timed([task], seconds);
  const name = `sgemm ${SGEMM_SIZE}, threads ${threads}`;
  return { name, value: Number(gigaflops(timing!)), unit: "GFLOP/s", detail: `n ${timing!.runs}` };
}

const sgemmFlops = 2 * SGEMM_SIZE ** 3;

function gigaflops({ medianMs }: Timing): string {
  return (sgemmFlops / medianMs / 1e6).toFixed(1);
}

/** Timings of the workload with every backend, then those of the others with the reference. */
async function compare(
  name: WorkloadName,
  others: readonly WorkloadName[],
  { threads, seconds }: ComparisonOptions,
): Promise<Timing[]> {
  const tasks = [
    ...BACKENDS.map((backend) => ({ workload: name, backend: backend.name, threads })),
    ...others.map((workload) => ({ workload, backend: REFERENCE.name, threads })),
  ];
  return timed(tasks, seconds);
}

async function timed(tasks: Parameters<typeof withWorkloads>[0], seconds: number): Promise<Timing[]> {
  return withWorkloads(tasks, async (workloads) => {
    for (const workload of workloads) await workload.ask("load");
    const blocks = workloads.map((workload) => (ms: number) => workload.ask("block", ms));
    return alternate(blocks, seconds);
  });
}

function timeRows(name: WorkloadName, timings: readonly Timing[], { threads, hasTargets }: ComparisonOptions): Row[] {
  const { name: title, sizes, target, relativeTarget }: Workload = WORKLOADS[name];
  const rows = BACKENDS.map((backend, i) =>
    timingRow(`${title}, threads ${threads}, ${backend.name}`, timings[i]!, {
      detail: [sizes, ...(i === 0 && hasTargets && relativeTarget ? [`target ${relativeTarget}`] : [])].join("; "),
      ...(i === 0 && hasTargets && target !== undefined ? { target } : {}),
    }),
  );
  const reference = timings[BACKENDS.indexOf(REFERENCE)]!;
  const ratios = BACKENDS.filter((backend) => backend !== REFERENCE).map((backend) => ({
    name: `${title}, threads ${threads}: ${backend.name} / ${REFERENCE.name}`,
    value: timings[BACKENDS.indexOf(backend)]!.medianMs / reference.medianMs,
    unit: "",
    detail: "medians of alternating blocks",
  }));
  return [...rows, ...ratios];
}
