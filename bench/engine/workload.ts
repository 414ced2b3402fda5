/** Workloads of the engine benchmarks: one program and one call of it. */
import type { CompileOptions } from "../../src/tensor/index.ts";

export interface Workload {
  readonly name: string;
  /** Sizes, for the report. */
  readonly sizes: string;
  /** Target of the figure, as in `Row`. */
  readonly target?: string;
  create(options: CompileOptions): RunningWorkload;
}

export interface RunningWorkload {
  readonly program: { load(): Promise<unknown>; dispose(): Promise<void> };
  /** One step, with the same inputs every time: includes feeding them and reading the outputs. */
  run(): Promise<unknown>;
}
