/**
 * A step beside a process that keeps one core busy, as an actor does: its time against that of one thread with the core
 * idle, and its bits.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { type Row, timingRow } from "../measure.ts";
import { alternate } from "./alternate.ts";
import { BACKENDS } from "./backends.ts";
import { withWorkloads } from "./spawned_workload.ts";
import { WORKLOADS, type WorkloadName } from "./workloads/index.ts";

const TARGET = "≤ 1.3";

export interface BusyCoreOptions {
  readonly threads: number;
  readonly seconds: number;
  /** Steps whose bits are compared. */
  readonly steps: number;
}

export async function busyCoreRows(name: WorkloadName, options: BusyCoreOptions): Promise<Row[]> {
  const busy = await BusyProcess.start(availableParallelism() - 1);
  try {
    return [...(await timeRows(name, options, busy)), ...(await bitRows(name, options, busy))];
  } finally {
    await busy.stop();
  }
}

async function timeRows(name: WorkloadName, options: BusyCoreOptions, busy: BusyProcess): Promise<Row[]> {
  const { threads, seconds } = options;
  const tasks = BACKENDS.flatMap(({ name: backend }) =>
    [1, threads].map((count) => ({ workload: name, backend, threads: count })),
  );
  const timings = await withWorkloads(tasks, async (workloads) => {
    for (const workload of workloads) await workload.ask("load");
    const blocks = workloads.map((workload, i) => (ms: number) => {
      const run = () => workload.ask("block", ms);
      return i % 2 === 0 ? run() : busy.during(run);
    });
    return alternate(blocks, seconds);
  });
  const title = WORKLOADS[name].name;
  return BACKENDS.flatMap((backend, i) => {
    const [alone, beside] = [timings[2 * i]!, timings[2 * i + 1]!];
    return [
      timingRow(`${title} beside a busy core, threads ${threads}, ${backend.name}`, beside),
      {
        name: `${title} beside a busy core, threads ${threads} / idle, 1 thread, ${backend.name}`,
        value: beside.medianMs / alone.medianMs,
        unit: "",
        ...(i === 0 ? { target: TARGET } : {}),
        detail: `1 thread ${alone.medianMs.toPrecision(3)} ms, ${threads} threads ${beside.medianMs.toPrecision(3)} ms`,
      },
    ];
  });
}

async function bitRows(name: WorkloadName, options: BusyCoreOptions, busy: BusyProcess): Promise<Row[]> {
  const { threads, steps } = options;
  const rows: Row[] = [];
  for (const { name: backend } of BACKENDS) {
    const tasks = [1, threads].map((count) => ({ workload: name, backend, threads: count }));
    const bits = await withWorkloads(tasks, async ([one, many]) => ({
      single: await one!.ask("bits", steps),
      idle: await many!.ask("bits", steps),
      busy: await busy.during(() => many!.ask("bits", steps)),
    }));
    rows.push(bitsRow(`${WORKLOADS[name].name}, threads ${threads}, ${backend}`, steps, bits));
  }
  return rows;
}

/** Hashes of all that some steps have computed. */
interface Bits {
  /** With one thread. */
  readonly single: string;
  /** With the compared number of threads, on an idle machine and beside a busy core. */
  readonly idle: string;
  readonly busy: string;
}

/** @throws Error if a busy core changes the bits: the other figures of such a backend mean nothing. */
export function bitsRow(what: string, steps: number, { single, idle, busy }: Bits): Row {
  if (idle !== busy) throw new Error(`${what}: other bits beside a busy core, within ${steps} steps`);
  return {
    name: `${what}: equal bits with and without a busy core`,
    value: steps,
    unit: "steps",
    detail: `1 thread gives ${single === idle ? "the same" : "other"} bits`,
  };
}

/** Processes that count, each as fast as a core can, while told to. */
class BusyProcess {
  readonly #processes: readonly ChildProcess[];

  private constructor(processes: readonly ChildProcess[]) {
    this.#processes = processes;
  }

  /** Paused, and at least one. */
  static async start(count: number): Promise<BusyProcess> {
    const script = "process.stdout.write('.'); setTimeout(() => { for (;;); });";
    const stdio = ["ignore", "pipe", "inherit"] as const;
    const processes = Array.from({ length: Math.max(1, count) }, () =>
      spawn(process.execPath, ["--eval", script], { stdio: [...stdio] }),
    );
    await Promise.all(processes.map((each) => once(each.stdout!, "data")));
    const started = new BusyProcess(processes);
    started.#signal("SIGSTOP");
    return started;
  }

  async during<T>(run: () => Promise<T>): Promise<T> {
    this.#signal("SIGCONT");
    try {
      return await run();
    } finally {
      this.#signal("SIGSTOP");
    }
  }

  async stop(): Promise<void> {
    const ended = this.#processes.map((each) => once(each, "exit"));
    this.#signal("SIGKILL");
    await Promise.all(ended);
  }

  #signal(signal: NodeJS.Signals): void {
    for (const each of this.#processes) each.kill(signal);
  }
}
