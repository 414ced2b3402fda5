/** A workload in a process of its own: see `workload_process.ts`. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Answers, Task } from "./workload_process.ts";

const SOURCE = fileURLToPath(new URL("workload_process.ts", import.meta.url));

export interface SpawnOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** What the process runs: `workload_process.ts` (default), or what it was built to. */
  readonly module?: string;
}

export class SpawnedWorkload {
  readonly task: Task;
  readonly #process: ChildProcess;
  /** Rejected when the process ends. */
  readonly #ended: Promise<never>;

  constructor(task: Task, { environment, module = SOURCE }: SpawnOptions = {}) {
    this.task = task;
    const env = { ...process.env, ...environment };
    const execArgv = module.endsWith(".ts") ? ["--import", "tsx"] : [];
    this.#process = fork(module, [JSON.stringify(task)], { env, execArgv, serialization: "advanced" });
    this.#ended = once(this.#process, "exit").then(([code, signal]) => {
      throw new Error(`${this.#label} has ended with ${signal ?? code}`);
    });
    // Those who ask are told.
    this.#ended.catch(() => {});
  }

  /** @throws Error with what went wrong in the process. One question at a time. */
  async ask<Kind extends keyof Answers>(kind: Kind, amount = 0): Promise<Answers[Kind]> {
    if (this.#process.connected) this.#process.send({ kind, amount });
    const [{ result, error }] = (await Promise.race([once(this.#process, "message"), this.#ended])) as [
      { result: Answers[Kind]; error?: string },
    ];
    if (error !== undefined) throw new Error(`${this.#label}: ${error}`);
    return result;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  get #label(): string {
    const { workload, backend, threads } = this.task;
    return `${workload} with ${backend} and ${threads} threads`;
  }
}

/** Starts the workloads, and stops them after `use`, whatever happens. */
export async function withWorkloads<T>(
  tasks: readonly Task[],
  use: (workloads: readonly SpawnedWorkload[]) => Promise<T>,
  options?: SpawnOptions,
): Promise<T> {
  const workloads = tasks.map((task) => new SpawnedWorkload(task, options));
  try {
    return await use(workloads);
  } finally {
    await Promise.all(workloads.map((workload) => workload.stop()));
  }
}
