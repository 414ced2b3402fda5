/** Memory growth of training: the resident set of the process over many steps. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { CompileOptions } from "../../src/tensor/index.ts";
import type { Row } from "../measure.ts";
import { BACKENDS } from "./backends.ts";
import { withWorkloads } from "./spawned_workload.ts";
import type { Workload } from "./workload.ts";
import { WORKLOADS, type WorkloadName } from "./workloads/index.ts";

const MIB = 2 ** 20;

export async function memoryGrowthRows(name: WorkloadName, steps: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name: backend } of BACKENDS) {
    const task = { workload: name, backend, threads: 1 };
    const growth = await withWorkloads([task], ([workload]) => workload!.ask("growth", steps));
    rows.push({
      name: `memory growth over ${steps} steps, ${backend}`,
      value: growth / MIB,
      unit: "MiB",
      target: "≤ 8",
      detail: `${WORKLOADS[name].name}, ${WORKLOADS[name].sizes}; resident set after garbage collection`,
    });
  }
  return rows;
}

/** In bytes, after the first tenth, when pools and caches have their final size. */
export async function memoryGrowth(
  workload: Workload,
  { steps, options }: { readonly steps: number; readonly options: CompileOptions },
): Promise<number> {
  const { program, run } = workload.create(options);
  for (let i = 0; i < Math.ceil(steps / 10); i++) await run();
  const before = await residentBytes();
  for (let i = 0; i < steps; i++) await run();
  const growth = (await residentBytes()) - before;
  await program.dispose();
  return growth;
}

async function residentBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Two collections: finalisers of the first release more for the second.
  for (let i = 0; i < 2; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage.rss();
}
