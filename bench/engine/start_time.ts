/** How long a new process takes to have a step ready: with an empty cache of compiled programs, and with a full one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "../measure.ts";
import { BACKENDS } from "./backends.ts";
import { withWorkloads } from "./spawned_workload.ts";
import { WORKLOADS, type WorkloadName } from "./workloads/index.ts";

const CACHED_STARTS = 3;

export async function startTimeRows(name: WorkloadName, threads: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [i, { name: backend }] of BACKENDS.entries()) {
    const { first, cached } = await startTimes({ workload: name, backend, threads });
    const title = `${WORKLOADS[name].name}, ${backend}: tracing until the session is there`;
    const detail = `in a new process, the library's loading included`;
    rows.push(
      { name: `${title}, first time`, value: first, unit: "ms", ...(i === 0 ? { target: "≤ 4000" } : {}), detail },
      {
        name: `${title}, from the cache`,
        value: cached,
        unit: "ms",
        ...(i === 0 ? { target: "≤ 100" } : {}),
        detail: `${detail}, median of ${CACHED_STARTS}`,
      },
    );
  }
  return rows;
}

async function startTimes(task: Parameters<typeof withWorkloads>[0][number]) {
  const HANDRAIL_CACHE = mkdtempSync(join(tmpdir(), "handrail-bench-cache-"));
  const start = () => withWorkloads([task], ([workload]) => workload!.ask("load"), { HANDRAIL_CACHE });
  try {
    const first = await start();
    const cached: number[] = [];
    for (let i = 0; i < CACHED_STARTS; i++) cached.push(await start());
    return { first, cached: cached.sort((a, b) => a - b)[Math.floor(CACHED_STARTS / 2)]! };
  } finally {
    rmSync(HANDRAIL_CACHE, { recursive: true, force: true });
  }
}
