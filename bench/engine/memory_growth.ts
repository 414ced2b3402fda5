/** Memory growth of training: the resident set of the process over many steps. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Row } from "../measure.ts";
import type { Workload } from "./workload.ts";

const MIB = 2 ** 20;

/** Growth is measured after the first tenth, when pools and caches have their final size. */
export async function memoryGrowthRow(workload: Workload, steps: number): Promise<Row> {
  const { program, run } = workload.create({ threads: 1 });
  const warmup = Math.ceil(steps / 10);
  for (let i = 0; i < warmup; i++) await run();
  const before = await residentBytes();
  for (let i = 0; i < steps; i++) await run();
  const growth = (await residentBytes()) - before;
  await program.dispose();
  return {
    name: `memory growth over ${steps} steps`,
    value: growth / MIB,
    unit: "MiB",
    target: "≤ 8",
    detail: `${workload.name}, ${workload.sizes}; resident set after garbage collection, ${warmup} steps before`,
  };
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
