/** `startWorker` for tests: worker threads as they are installed, since from sources each takes more than a second to start. */
import { pathToFileURL } from "node:url";
import type { Worker, WorkerOptions } from "node:worker_threads";
import { startWorker as start } from "../src/utils/threads/start_worker.ts";
import { builtEnvironment, HANDRAIL } from "./build.ts";

export function startWorker(name: string, _callerUrl: string, options: WorkerOptions): Worker {
  return start(name, pathToFileURL(HANDRAIL).href, { ...options, env: builtEnvironment() });
}
