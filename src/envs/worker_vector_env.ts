/** Environments that run side by side, each in a worker thread of its own. Behaves as `SyncVectorEnv` does, bit for bit. */
import type { Worker } from "node:worker_threads";
import { startWorker } from "../utils/start_worker.ts";
import type { BoxSpace, ObservationSpace, ResetOptions, ResetResult } from "./env.ts";
import type { EnvReplies, EnvReply, EnvRequest, EnvWorkerData } from "./env_messages.ts";
import type { EnvOptions } from "./make_env.ts";
import {
  type AutoReset,
  checkActionCount,
  checkIndex,
  seedFor,
  settleAll,
  type VectorEnv,
  type VectorStepResult,
} from "./vector_env.ts";

/** How long a thread may take to load its environment. */
const START_DEADLINE_S = 120;

export interface WorkerVectorEnvOptions {
  readonly autoReset?: AutoReset;
  /** URL of a module that every thread imports first: it may call `registerEnv`. */
  readonly plugin?: string;
  /** How long one reset or step may take before its thread counts as hung. */
  readonly deadlineS?: number;
}

export class WorkerVectorEnv implements VectorEnv {
  readonly observationSpace: ObservationSpace;
  readonly actionSpace: BoxSpace;
  readonly #threads: readonly EnvThread[];
  #seeded = false;

  private constructor(threads: readonly EnvThread[], spaces: EnvReplies["spaces"]) {
    this.#threads = threads;
    this.observationSpace = spaces.observationSpace;
    this.actionSpace = spaces.actionSpace;
  }

  /**
   * @param size number of environments, and of threads.
   * @throws Error when an environment can't be made, with its reason; no thread is left behind.
   */
  static async create(
    size: number,
    id: string,
    options: EnvOptions = {},
    { autoReset = "same_step", plugin, deadlineS = 60 }: WorkerVectorEnvOptions = {},
  ): Promise<WorkerVectorEnv> {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`a vectorised environment needs at least one environment, got ${size}`);
    }
    const data: EnvWorkerData = { id, options, autoReset, ...(plugin === undefined ? {} : { plugin }) };
    const threads = Array.from({ length: size }, () => new EnvThread(data, deadlineS));
    try {
      const [spaces] = await settleAll(threads.map((thread) => thread.ask({ type: "spaces" })));
      return new WorkerVectorEnv(threads, spaces!);
    } catch (error) {
      await Promise.all(threads.map((thread) => thread.terminate()));
      throw error;
    }
  }

  get size(): number {
    return this.#threads.length;
  }

  /** The first reset without a seed uses 0: otherwise every thread would play the same episodes. */
  async reset(options: ResetOptions = {}): Promise<readonly ResetResult[]> {
    const seeded = this.#seeded || options.seed !== undefined ? options : { ...options, seed: 0 };
    this.#seeded = true;
    const results = this.#threads.map((thread, i) => thread.ask({ type: "reset", options: seedFor(i, seeded) }));
    return (await settleAll(results)) as ResetResult[];
  }

  async resetOne(index: number, options: ResetOptions = {}): Promise<ResetResult> {
    checkIndex(index, this.size);
    return this.#threads[index]!.ask({ type: "reset", options });
  }

  async step(actions: readonly (Float32Array | undefined)[]): Promise<readonly (VectorStepResult | undefined)[]> {
    checkActionCount(actions, this.size);
    return settleAll(
      actions.map((action, i) => (action === undefined ? undefined : this.#threads[i]!.ask({ type: "step", action }))),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** One thread and the requests it hasn't answered yet, in order. */
class EnvThread {
  readonly #worker: Worker;
  readonly #deadlineS: number;
  readonly #pending: Pending[] = [];
  #failure: Error | undefined;

  constructor(data: EnvWorkerData, deadlineS: number) {
    this.#deadlineS = deadlineS;
    this.#worker = startWorker("env.worker", import.meta.url, { workerData: data });
    this.#worker.on("message", (reply: EnvReply) => this.#settle(reply));
    this.#worker.on("error", (error) =>
      this.#fail(new Error(`its thread crashed: ${error.message}`, { cause: error })),
    );
    this.#worker.on("exit", () => this.#fail(new Error("its thread has ended")));
  }

  ask<Request extends EnvRequest>(request: Request): Promise<EnvReplies[Request["type"]]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const deadlineS = request.type === "spaces" ? START_DEADLINE_S : this.#deadlineS;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#fail(new Error(`its thread did not answer a ${request.type} within ${deadlineS} s`));
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
