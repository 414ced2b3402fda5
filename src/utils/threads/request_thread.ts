/** A worker thread that answers requests, one after the other: the side that asks, and the side that answers. */
import type { MessagePort, TransferListItem, Worker } from "node:worker_threads";

/** An error as it travels between threads: a class would not arrive. */
export interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly cause?: ThreadError;
}

type Reply<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: ThreadError };

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** By the `type` of a request, what answers it. */
type RepliesOf<Request extends { readonly type: string }> = Record<Request["type"], unknown>;

export class RequestThread<Request extends { readonly type: string }, Replies extends RepliesOf<Request>> {
  readonly #worker: Worker;
  readonly #name: string;
  /** Requests without an answer, in order. */
  readonly #pending: Pending[] = [];
  #failure: Error | undefined;

  /**
   * @param worker Its module calls `answerRequests`.
   * @param name What its errors begin with.
   */
  constructor(worker: Worker, name: string) {
    this.#worker = worker;
    this.#name = name;
    worker.on("message", (reply: Reply<unknown>) => this.#settle(reply));
    worker.on("error", (error) =>
      this.#fail(new Error(`${name}: its thread crashed: ${error.message}`, { cause: error })),
    );
    worker.on("exit", () => this.#fail(new Error(`${name}: its thread has ended`)));
  }

  /**
   * @param deadlineS After so long without an answer the thread counts as hung and is ended. Default: never.
   * @throws what the thread threw, or that it crashed, hangs or has ended.
   */
  ask<Asked extends Request>(request: Asked, deadlineS?: number): Promise<Replies[Asked["type"]]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const deadline =
        deadlineS === undefined ? undefined : setTimeout(() => this.#giveUp(request, deadlineS), deadlineS * 1000);
      this.#pending.push({
        resolve: (value) => {
          clearTimeout(deadline);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(deadline);
          reject(error);
        },
      });
      this.#worker.postMessage(request);
    });
  }

  /** Ends the thread, whatever it does. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  #giveUp({ type }: Request, deadlineS: number): void {
    this.#fail(new Error(`${this.#name}: its thread did not answer a ${type} within ${deadlineS} s`));
    void this.#worker.terminate();
  }

  #settle(reply: Reply<unknown>): void {
    const pending = this.#pending.shift();
    if (reply.ok) pending?.resolve(reply.value as never);
    else pending?.reject(errorOf(reply.error));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const pending of this.#pending.splice(0)) pending.reject(this.#failure);
  }
}

/**
 * Answers the requests that arrive at a port, in order. After a request of type `"close"` the port closes.
 *
 * @param transferables What moves with an answer instead of being copied.
 */
export function answerRequests<Request extends { readonly type: string }, Value>(
  port: MessagePort,
  answer: (request: Request) => Promise<Value>,
  transferables: (value: Value) => TransferListItem[],
): void {
  let queue: Promise<void> = Promise.resolve();
  const reply = async (request: Request) => {
    try {
      const value = await answer(request);
      port.postMessage({ ok: true, value } satisfies Reply<Value>, transferables(value));
    } catch (error) {
      port.postMessage({ ok: false, error: threadError(error) } satisfies Reply<Value>);
    }
    if (request.type === "close") port.close();
  };
  port.on("message", (request: Request) => {
    queue = queue.then(() => reply(request));
  });
}

function threadError(error: unknown): ThreadError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, cause } = error;
  return { name, message, ...(cause !== undefined && { cause: threadError(cause) }) };
}

function errorOf({ name, message, cause }: ThreadError): Error {
  const error = new Error(message, cause && { cause: errorOf(cause) });
  error.name = name;
  return error;
}
