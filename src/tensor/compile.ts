/** Connects programs and backends: the only module that names a backend. */
import type { Backend } from "./backend.ts";
import { cpuBackend } from "./backends/cpu_backend.ts";
import { writeOnnx } from "./backends/onnx/write_onnx.ts";
import { Program, type ProgramOptions } from "./program.ts";
import type { Signature, StepArguments, StepResult } from "./trace.ts";

export interface CompileOptions extends ProgramOptions {
  /** Default: `cpuBackend`, compiled code where this machine can compile and ONNX Runtime otherwise. */
  readonly backend?: Backend;
}

/**
 * @param step Called while tracing, once per set of shapes. Must be a pure function of its arguments.
 * @throws TraceError, pointing at the line of `step`: at once if all dimensions are numbers, else at the first run.
 */
export function compile<Inputs, Outputs, S = Record<string, never>>(
  step: (args: StepArguments<Inputs, S>) => StepResult<Outputs>,
  signature: Signature<Inputs, S>,
  { backend = cpuBackend, ...options }: CompileOptions = {},
): Program<Inputs, Outputs> {
  const traced = step as (args: StepArguments<unknown, unknown>) => StepResult<Outputs>;
  return new Program(traced, signature, { backend, writeOnnx }, options);
}
