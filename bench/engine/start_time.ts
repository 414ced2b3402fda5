/**
 * How long a new process takes from before the trace until its session is there: with an empty cache of compiled programs, and
 * with a full one. The processes are built as the package is; from sources, most of the time would be their loading.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "tsdown";
import { packageRoot } from "../../src/utils/version.ts";
import config from "../../tsdown.config.ts";
import type { Row } from "../measure.ts";
import { BACKENDS } from "./backends.ts";
import { withWorkloads } from "./spawned_workload.ts";
import { WORKLOADS, type WorkloadName } from "./workloads/index.ts";

const CACHED_STARTS = 5;

export async function startTimeRows(names: readonly WorkloadName[], threads: number): Promise<Row[]> {
  // Where the built code finds the package's root, one folder above its own.
  const built = mkdtempSync(join(packageRoot(), ".bench-build-"));
  try {
    await build({
      ...config,
      config: false,
      cwd: packageRoot(),
      entry: { workload_process: "bench/engine/workload_process.ts" },
      outDir: built,
      dts: false,
      logLevel: "error",
    });
    const rows: Row[] = [];
    for (const name of names)
      rows.push(...(await rowsOf(name, { threads, module: join(built, "workload_process.js") })));
    return rows;
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}

interface StartOptions {
  readonly threads: number;
  /** What a process runs. */
  readonly module: string;
}

async function rowsOf(name: WorkloadName, options: StartOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [i, { name: backend }] of BACKENDS.entries()) {
    const { first, cached } = await startTimes(name, backend, options);
    const title = `${WORKLOADS[name].name}, ${backend}: tracing until the session is there`;
    const detail = "in a new process of the built package, the library's loading included";
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

async function startTimes(workload: WorkloadName, backend: string, { threads, module }: StartOptions) {
  const HANDRAIL_CACHE = mkdtempSync(join(tmpdir(), "handrail-bench-cache-"));
  const options = { environment: { HANDRAIL_CACHE }, module };
  const start = () => withWorkloads([{ workload, backend, threads }], ([process]) => process!.ask("load"), options);
  try {
    const first = await start();
    const cached: number[] = [];
    for (let i = 0; i < CACHED_STARTS; i++) cached.push(await start());
    return { first, cached: cached.sort((a, b) => a - b)[Math.floor(CACHED_STARTS / 2)]! };
  } finally {
    rmSync(HANDRAIL_CACHE, { recursive: true, force: true });
  }
}
