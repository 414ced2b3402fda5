/** The thread of `compileAhead`: creates what a new learner trains, has it compiled, and ends. */
import { workerData } from "node:worker_threads";
import { loadPlugins } from "../../algorithms/plugins.ts";
import { Random } from "../../tensor/random.ts";
import { newOfflineRun } from "../training/new_run.ts";
import type { CompileAheadData } from "./compile_ahead.ts";

const { config, plugins } = workerData as CompileAheadData;
await loadPlugins(plugins);
// Where nothing can be compiled, there is nothing to be kept for the learner: no other backend is asked.
const compiled = { ...config, handrail: { ...config.handrail, backend: "c" as const } };
const { policy, algorithm } = await newOfflineRun({ config: compiled, random: new Random(0), warn() {} });
try {
  await algorithm.prepare?.(config.batch_size);
} finally {
  await Promise.all([algorithm.dispose(), policy.dispose()]);
}
