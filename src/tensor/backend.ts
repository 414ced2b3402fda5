/** What runs a compiled model. Implementations wrap a runtime and pass one conformance suite. */
import type { Tensor } from "./tensor.ts";

export interface ExecutorOptions {
  /** Threads inside one operation. Default: the environment variable OMP_NUM_THREADS, else the runtime's choice. */
  readonly threads?: number | undefined;
  /** "cpu" (default), "cuda", "webgpu", "coreml", … as `devices()` lists them. */
  readonly device?: string;
  /** Write a trace of every operation's time to files with this prefix (Chrome's trace format). */
  readonly profile?: string;
}

export interface Session {
  /** Computes the fetched tensors from the fed ones, writing into the fetched tensors' own memory. */
  run(feeds: ReadonlyMap<string, Tensor>, fetches: ReadonlyMap<string, Tensor>): Promise<void>;
  release(): Promise<void>;
}

export interface Executor {
  readonly name: string;
  devices(): Promise<readonly string[]>;
  /** @throws Error listing the available devices when `options.device` is not among them. */
  load(model: Uint8Array<ArrayBuffer>, options: ExecutorOptions): Promise<Session>;
}

/** The error for a device that is unknown here or did not start. */
export async function deviceError(executor: Executor, device: string, cause?: unknown): Promise<Error> {
  const reason =
    cause instanceof Error ? `could not start device "${device}" (${firstLine(cause)})` : `has no device "${device}"`;
  const available = (await executor.devices()).join(", ");
  return new Error(`${executor.name} ${reason}; available here: ${available}`, { cause });
}

function firstLine({ message }: Error): string {
  return message.split("\n", 1)[0]!.slice(0, 200);
}
