/** What every engine benchmark measures: one program and one call of it. */
import type { CompileOptions } from "../../src/tensor/index.ts";

export interface Workload {
  readonly name: string;
  /** Sizes, as the report shows them. */
  readonly sizes: string;
  /** What the figure should beat, as in `Row`. */
  readonly target?: string;
  create(options: CompileOptions): RunningWorkload;
}

export interface RunningWorkload {
  readonly program: { load(): Promise<unknown>; dispose(): Promise<void> };
  /** One step, with the same inputs every time: feeding them and reading the outputs included. */
  run(): Promise<unknown>;
}
