/** An environment in a worker thread of its own: several of them play side by side, each as it would alone. */
import type { Worker } from "node:worker_threads";
import { startWorker } from "../../utils/start_worker.ts";
import type { BoxSpace, Env, ObservationSpace, ResetOptions, ResetResult, StepResult } from "../env.ts";
import type { EnvFacts, EnvReplies, EnvReply, EnvRequest, EnvWorkerData } from "./messages.ts";

/** How long a thread may take to load its environment. */
const START_DEADLINE_S = 120;

export interface ThreadEnvOptions {
  /** Modules that the thread imports first: they may call `registerEnv`. URLs of files, or names of packages. */
  readonly plugins?: readonly string[];
  /** How long one reset or step may take before the thread counts as hung. Default: 60. */
  readonly deadlineS?: number;
}

export class ThreadEnv implements Env {
  readonly id: string;
  readonly observationSpace: ObservationSpace;
  readonly actionSpace: BoxSpace;
  readonly controlFrequencyHz?: number;
  readonly #thread: EnvThread;

  private constructor(thread: EnvThread, { id, observationSpace, actionSpace, controlFrequencyHz }: EnvFacts) {
    this.#thread = thread;
    this.id = id;
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    if (controlFrequencyHz !== undefined) this.controlFrequencyHz = controlFrequencyHz;
  }

  /**
   * Starts a thread and makes the environment in it.
   *
   * @param id as for `makeEnv`.
   * @throws Error for what cannot be had, as `makeEnv` does; the thread has ended then.
   */
  static async create(
    id: string,
    options: Readonly<Record<string, unknown>> = {},
    { plugins = [], deadlineS = 60 }: ThreadEnvOptions = {},
  ): Promise<ThreadEnv> {
    const thread = new EnvThread({ id, options, plugins }, deadlineS);
    try {
      return new ThreadEnv(thread, await thread.ask({ type: "start" }));
    } catch (error) {
      await thread.terminate();
      throw error;
    }
  }

  /** A reset that has begun in the thread is not ended by the signal. @throws the thread's error, or that it hangs. */
  async reset({ signal, ...options }: ResetOptions = {}): Promise<ResetResult> {
    signal?.throwIfAborted();
    return await this.#thread.ask({ type: "reset", options });
  }

  /** @throws the environment's error, or that its thread crashed or hangs. */
  async step(action: Float32Array): Promise<StepResult> {
    return await this.#thread.ask({ type: "step", action });
  }

  async close(): Promise<void> {
    await this.#thread.close();
  }
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** One thread and the requests it hasn't answered yet, in order. */
class EnvThread {
  readonly #worker: Worker;
  readonly #id: string;
  readonly #deadlineS: number;
  readonly #pending: Pending[] = [];
  #failure: Error | undefined;

  constructor(data: EnvWorkerData, deadlineS: number) {
    this.#id = data.id;
    this.#deadlineS = deadlineS;
    this.#worker = startWorker("env.worker", import.meta.url, { workerData: data });
    this.#worker.on("message", (reply: EnvReply) => this.#settle(reply));
    this.#worker.on("error", (error) =>
      this.#fail(new Error(`${this.#id}: its thread crashed: ${error.message}`, { cause: error })),
    );
    this.#worker.on("exit", () => this.#fail(new Error(`${this.#id}: its thread has ended`)));
  }

  ask<Request extends EnvRequest>(request: Request): Promise<EnvReplies[Request["type"]]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const deadlineS = request.type === "start" ? START_DEADLINE_S : this.#deadlineS;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#fail(new Error(`${this.#id}: its thread did not answer a ${request.type} within ${deadlineS} s`));
        void this.#worker.terminate();
      }, deadlineS * 1000);
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

  async close(): Promise<void> {
    if (this.#failure === undefined) await this.ask({ type: "close" });
    await this.terminate();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: EnvReply): void {
    const pending = this.#pending.shift();
    if (pending === undefined) return;
    if (reply.ok) {
      pending.resolve(reply.value as never);
      return;
    }
    const error = new Error(reply.error.message);
    error.name = reply.error.name;
    pending.reject(error);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const pending of this.#pending.splice(0)) pending.reject(this.#failure);
  }
}
