/** `startWorker` for tests: worker threads as they are installed, since from sources each takes more than a second to start. */
import { pathToFileURL } from "node:url";
import type { Worker, WorkerOptions } from "node:worker_threads";
import { startWorker as start } from "../src/utils/start_worker.ts";
import { HANDRAIL } from "./build.ts";

export function startWorker(name: string, callerUrl: string, options: WorkerOptions): Worker {
  // A plug-in may be TypeScript, which the package cannot load.
  const { plugin, plugins } = options.workerData;
  const hasPlugins = plugin !== undefined || plugins?.length > 0;
  return start(name, hasPlugins ? callerUrl : pathToFileURL(HANDRAIL).href, options);
}
