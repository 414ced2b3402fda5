/** An environment in a worker thread of its own: several run in parallel, each with the same results as alone. */
import { RequestThread } from "../../utils/threads/request_thread.ts";
import { startWorker } from "../../utils/threads/start_worker.ts";
import type { BoxSpace, Env, ObservationSpace, ResetOptions, ResetResult, StepResult } from "../env.ts";
import { shareWithThreads } from "../make_env.ts";
import type { EnvFacts, EnvReplies, EnvRequest, EnvWorkerData } from "./messages.ts";

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
  readonly #thread: RequestThread<EnvRequest, EnvReplies>;
  readonly #deadlineS: number;

  private constructor(
    thread: RequestThread<EnvRequest, EnvReplies>,
    deadlineS: number,
    { id, observationSpace, actionSpace, controlFrequencyHz }: EnvFacts,
  ) {
    this.#thread = thread;
    this.#deadlineS = deadlineS;
    this.id = id;
    this.observationSpace = observationSpace;
    this.actionSpace = actionSpace;
    if (controlFrequencyHz !== undefined) this.controlFrequencyHz = controlFrequencyHz;
  }

  /**
   * Starts a thread and makes the environment in it.
   *
   * @param id as for `makeEnv`.
   * @throws Error as `makeEnv` does; the thread has then ended.
   */
  static async create(
    id: string,
    options: Readonly<Record<string, unknown>> = {},
    { plugins = [], deadlineS = 60 }: ThreadEnvOptions = {},
  ): Promise<ThreadEnv> {
    await shareWithThreads(id);
    const workerData: EnvWorkerData = { id, options, plugins };
    const worker = startWorker("env.worker", import.meta.url, { workerData });
    const thread = new RequestThread<EnvRequest, EnvReplies>(worker, id);
    try {
      return new ThreadEnv(thread, deadlineS, await thread.ask({ type: "start" }, START_DEADLINE_S));
    } catch (error) {
      await thread.terminate();
      throw error;
    }
  }

  /** The signal does not abort a reset that has begun in the thread. @throws the thread's error, or that it hangs. */
  async reset({ signal, ...options }: ResetOptions = {}): Promise<ResetResult> {
    signal?.throwIfAborted();
    return await this.#thread.ask({ type: "reset", options }, this.#deadlineS);
  }

  /** @throws the environment's error, or that its thread crashed or hangs. */
  async step(action: Float32Array): Promise<StepResult> {
    return await this.#thread.ask({ type: "step", action }, this.#deadlineS);
  }

  async close(): Promise<void> {
    if (!this.#thread.hasFailed) await this.#thread.ask({ type: "close" }, this.#deadlineS);
    await this.#thread.terminate();
  }
}
