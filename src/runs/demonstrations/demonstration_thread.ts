/** Plays demonstrations in a worker thread, whole episodes at a time. */
import { loadedPlugins } from "../../algorithms/plugins.ts";
import type { DemonstrationPlayer, PlayedDemonstration } from "../../rollout/recording/shared_attempts.ts";
import { SensorFaultError } from "../../rollout/sensor_fault.ts";
import { RequestThread } from "../../utils/threads/request_thread.ts";
import { startWorker } from "../../utils/threads/start_worker.ts";
import type { Demonstration, DemonstrationReplies, DemonstrationRequest, DemonstrationWorkerData } from "./messages.ts";

/** Time a thread has to end its step and close its environment. */
const CLOSE_DEADLINE_S = 2;

export class DemonstrationThread implements DemonstrationPlayer {
  readonly #thread: RequestThread<DemonstrationRequest, DemonstrationReplies>;
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  constructor(demonstration: Demonstration) {
    const workerData: DemonstrationWorkerData = {
      ...demonstration,
      plugins: loadedPlugins(),
      stop: this.#stop.buffer as SharedArrayBuffer,
    };
    const worker = startWorker("demonstration.worker", import.meta.url, { workerData });
    this.#thread = new RequestThread(worker, "demonstrations");
  }

  /** @throws the thread's error, or an Error if it crashed or has ended. */
  async play(seed: number): Promise<PlayedDemonstration> {
    const { fault, ...played } = await this.#thread.ask({ type: "play", seed });
    return { ...played, ...(fault && { fault: new SensorFaultError(fault.env, fault.faults) }) };
  }

  /** A running episode ends after its current step. */
  async close(): Promise<void> {
    Atomics.store(this.#stop, 0, 1);
    await this.#thread.ask({ type: "close" }, CLOSE_DEADLINE_S).catch(() => {});
    await this.#thread.terminate();
  }
}
