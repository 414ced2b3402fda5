/** Backends: they compile traced programs and run them. All implementations pass one conformance suite. */
import type { TracedProgram } from "./ir/traced_program.ts";
import type { Tensor } from "./tensor.ts";

export interface BackendOptions {
  /** Threads inside one operation. Default: the environment variable OMP_NUM_THREADS, else the backend's choice. */
  readonly threads?: number | undefined;
  /** Whether others need processors at the same time, as an actor beside a learner: the default of `threads` allows for it. */
  readonly busyMachine?: boolean;
  /**
   * What the default backend runs on the CPU: compiled C, ONNX Runtime or, by default, the first if this machine can compile.
   * The environment variable HANDRAIL_BACKEND decides where this is "auto".
   */
  readonly engine?: "auto" | "c" | "onnx";
  /** "cpu" (default), "cuda", "webgpu", "coreml", …: one of `devices()`. */
  readonly device?: string;
  /** Write a trace of every operation's time to files with this prefix (Chrome's trace format). */
  readonly profile?: string;
  /** Called with what a session runs on once it is there, such as "compiled by gcc 12.2.0, 2 threads". */
  readonly onCompiled?: (engine: string) => void;
}

/** A compiled program. */
export interface Session {
  /**
   * Computes the fetched tensors from the fed ones, writing into the fetched tensors' own memory.
   *
   * @param feeds One tensor per entry of `feedsOf(program)`, in that order and of its type.
   * @param fetches One tensor per entry of `fetchesOf(program)`, likewise.
   */
  run(feeds: readonly Tensor[], fetches: readonly Tensor[]): Promise<void>;
  release(): Promise<void>;
}

export interface Backend {
  readonly name: string;
  devices(): Promise<readonly string[]>;
  /**
   * @throws Error listing the available devices if `options.device` is not one of them, and Error naming the operation that
   *   the backend cannot compute.
   */
  compile(program: TracedProgram, options: BackendOptions): Promise<Session>;
}

export interface DeviceErrorOptions {
  readonly cause?: unknown;
  /** What to do about it, as a sentence. */
  readonly advice?: string | undefined;
}

/** The error for a device that is unknown or did not start. */
export async function deviceError(
  backend: Backend,
  device: string,
  { cause, advice }: DeviceErrorOptions = {},
): Promise<Error> {
  const reason =
    cause instanceof Error ? `could not start device "${device}" (${firstLine(cause)})` : `has no device "${device}"`;
  const available = (await backend.devices()).join(", ");
  const todo = advice === undefined ? "" : `. ${advice}`;
  return new Error(`${backend.name} ${reason}; available here: ${available}${todo}`, { cause });
}

function firstLine({ message }: Error): string {
  return message.split("\n", 1)[0]!.slice(0, 200);
}
