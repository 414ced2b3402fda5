/**
 * Starts a worker thread from one of our modules, from TypeScript sources or the built package. Node's worker threads
 * cannot load TypeScript, so from sources a small JavaScript entry does it.
 */
import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * @param name the module's file name without extension. From sources it lies next to the caller; in the package, next to
 * the bundle.
 * @param callerUrl the caller's `import.meta.url`.
 * @param options `workerData` reaches the module unchanged.
 */
export function startWorker(name: string, callerUrl: string, options: WorkerOptions = {}): Worker {
  if (!callerUrl.endsWith(".ts")) return new Worker(new URL(`./${name}.js`, callerUrl), options);
  const module = new URL(`./${name}.ts`, callerUrl).href;
  return new Worker(new URL("./typescript.worker.js", import.meta.url), {
    ...options,
    env: { ...process.env, HANDRAIL_WORKER_MODULE: module },
  });
}
