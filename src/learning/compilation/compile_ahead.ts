/** Compiles the training steps of a new run while something else takes its time, such as recording demonstrations. */
import { loadedPlugins } from "../../algorithms/plugins.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { chosenEngine } from "../../tensor/backends/automatic_backend.ts";
import { startWorker } from "../../utils/threads/start_worker.ts";

/** `workerData` of the thread. */
export interface CompileAheadData {
  readonly config: TrainRLServerPipelineConfig;
  /** Modules that register further types when imported: URLs of files, or names of packages. */
  readonly plugins: readonly string[];
}

/**
 * Returns at once. The compiled programs are left in the user's cache; a learner that needs one which is not complete waits
 * for it. Nothing is done where training steps are not compiled, and an error is left to the learner.
 */
export function compileAhead(config: TrainRLServerPipelineConfig): void {
  const { backend, device } = config.handrail;
  if (device !== "cpu" || chosenEngine(backend) === "onnx") return;
  const workerData: CompileAheadData = { config, plugins: loadedPlugins() };
  const worker = startWorker("compile_ahead.worker", import.meta.url, { workerData });
  worker.on("error", () => {});
  // The process may end before.
  worker.unref();
}
