/** What compiles traced programs and runs them. Implementations pass one conformance suite. */
import type { TracedProgram } from "./ir/traced_program.ts";
import type { Tensor } from "./tensor.ts";

export interface BackendOptions {
  /** Threads inside one operation. Default: the environment variable OMP_NUM_THREADS, else the backend's choice. */
  readonly threads?: number | undefined;
  /** "cpu" (default), "cuda", "webgpu", "coreml", … as `devices()` lists them. */
  readonly device?: string;
  /** Write a trace of every operation's time to files with this prefix (Chrome's trace format). */
  readonly profile?: string;
}

/** A compiled program. */
export interface Session {
  /**
   * Computes the fetched tensors from the fed ones, writing into the fetched tensors' own memory. Feeds and fetches have
   * the program's names and types, and all of them are there.
   */
  run(feeds: ReadonlyMap<string, Tensor>, fetches: ReadonlyMap<string, Tensor>): Promise<void>;
  release(): Promise<void>;
}

export interface Backend {
  readonly name: string;
  devices(): Promise<readonly string[]>;
  /**
   * @throws Error listing the available devices when `options.device` is not among them, and Error naming the operation
   *   when the backend cannot compute one of the program's.
   */
  compile(program: TracedProgram, options: BackendOptions): Promise<Session>;
}

/** The error for a device that is unknown here or did not start. */
export async function deviceError(backend: Backend, device: string, cause?: unknown): Promise<Error> {
  const reason =
    cause instanceof Error ? `could not start device "${device}" (${firstLine(cause)})` : `has no device "${device}"`;
  const available = (await backend.devices()).join(", ");
  return new Error(`${backend.name} ${reason}; available here: ${available}`, { cause });
}

function firstLine({ message }: Error): string {
  return message.split("\n", 1)[0]!.slice(0, 200);
}
