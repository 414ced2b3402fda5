/** Starts the training in a worker thread, or in this one. */
import type { Worker } from "node:worker_threads";
import type { Transition } from "../../replay/transition.ts";
import { startWorker } from "../../utils/threads/start_worker.ts";
import { transferables } from "../../utils/threads/transferables.ts";
import { TrainingCore, type TrainingCoreOptions } from "./training_core.ts";
import { TrainingLoop } from "./training_loop.ts";
import type {
  Training,
  TrainingListener,
  TrainingReplies,
  TrainingRequest,
  TrainingThreadData,
  TrainingThreadMessage,
  TrainingThreadRequest,
} from "./training_messages.ts";

/** How long the thread may take to end: one update, and freeing its memory. */
const EXIT_DEADLINE_S = 10;

/** Training in this thread, only when asked to: for lockstep. */
export class InlineTraining implements Training {
  readonly #loop: Promise<TrainingLoop>;

  constructor(options: Omit<TrainingCoreOptions, "warn" | "inform" | "onEngine">, { onReport }: TrainingListener) {
    const warn = (message: string) => onReport({ type: "notice", level: "warn", message });
    const inform = (message: string) => onReport({ type: "notice", level: "info", message });
    this.#loop = TrainingCore.open({ ...options, warn, inform, onEngine: inform }).then(
      (core) => new TrainingLoop(core, onReport),
    );
    this.#loop.catch(() => {}); // reported by the next request
  }

  async ask<Request extends TrainingRequest>(request: Request): Promise<TrainingReplies[Request["type"]]> {
    return await (await this.#loop).ask(request);
  }

  async close(): Promise<void> {
    await (await this.#loop.catch(() => undefined))?.close();
  }
}

/**
 * @param options `generators` are of lockstep only, `offline`, `plugins` and `evaluateEvery` of a thread.
 * @param lockstep Whether to train in this thread, only when asked to.
 */
export function startTraining(
  { generators, ...data }: TrainingThreadData & Pick<TrainingCoreOptions, "generators">,
  lockstep: boolean,
  listener: TrainingListener,
): Training {
  if (!lockstep) return new TrainingThread(data, listener);
  const { config, folder } = data;
  return new InlineTraining({ config, folder, ...(generators && { generators }) }, listener);
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Training in a worker thread. */
export class TrainingThread implements Training {
  readonly #worker: Worker;
  readonly #listener: TrainingListener;
  /** Requests without an answer, in order. */
  readonly #waiting: Waiting[] = [];
  readonly #exited: Promise<void>;
  #gone: Error | undefined;
  #closing = false;

  constructor(data: TrainingThreadData, listener: TrainingListener) {
    this.#listener = listener;
    this.#worker = startWorker("training.worker", import.meta.url, { workerData: data });
    this.#worker.on("message", (message: TrainingThreadMessage) => this.#receive(message));
    let failure: Error | undefined;
    // Messages sent before a failure may arrive after the error, but never after the exit.
    this.#worker.on("error", (error) => {
      failure = error as Error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#abandon(failure ?? new Error(`the training thread has ended with code ${code}`));
        resolve();
      });
    });
  }

  /** Large arrays of transitions move to the thread and are empty here afterwards. */
  ask<Request extends TrainingRequest>(request: Request): Promise<TrainingReplies[Request["type"]]> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    this.#worker.postMessage(request, request.type === "transitions" ? transferables(arraysOf(request.records)) : []);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    this.#closing = true;
    // Terminating the thread could interrupt native code, so it closes itself when asked.
    const timeout = setTimeout(() => void this.#worker.terminate(), EXIT_DEADLINE_S * 1000);
    if (this.#gone === undefined) this.#worker.postMessage({ type: "close" } satisfies TrainingThreadRequest);
    await this.#exited;
    clearTimeout(timeout);
  }

  #receive(message: TrainingThreadMessage): void {
    if (message.type !== "reply") {
      this.#listener.onReport(message);
      return;
    }
    const waiting = this.#waiting.shift();
    if (message.ok) waiting?.resolve(message.value as never);
    else waiting?.reject(message.error);
  }

  #abandon(error: Error): void {
    if (this.#gone !== undefined) return;
    this.#gone = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    if (!this.#closing) this.#listener.onFailure(error);
  }
}

function arraysOf(records: readonly { readonly transition: Transition }[]): ArrayBufferView[] {
  return records.flatMap(({ transition: { observation, nextObservation } }) => [
    ...Object.values(observation),
    ...Object.values(nextObservation),
  ]);
}
