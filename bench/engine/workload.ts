/** Workloads of the engine benchmarks: one program and one call of it. */
import type { CompileOptions } from "../../src/tensor/index.ts";

export interface Workload {
  readonly name: string;
  /** Sizes, for the report. */
  readonly sizes: string;
  /** Target of the time with two threads (of a call: with one), as in `Row`. */
  readonly target?: string;
  /** Target of the share of the machine's sgemm rate with two threads. */
  readonly shareTarget?: string;
  /** A target that other libraries set (see `bench/peers`), in words. */
  readonly relativeTarget?: string;
  create(options: CompileOptions): RunningWorkload;
}

export interface RunningWorkload {
  readonly program: {
    /** Traces it, if that is not done, and creates its session. */
    load(): Promise<unknown>;
    dispose(): Promise<void>;
  };
  /** One step, with the same inputs every time: includes feeding them and reading the outputs. */
  run(): Promise<unknown>;
}
