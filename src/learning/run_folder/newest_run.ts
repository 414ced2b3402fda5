/** Finds the run to resume when only its name is known: the newest one. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readConfigFile } from "../../config/load.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { CheckpointStore } from "../checkpoints/checkpoint_store.ts";
import { CheckpointError, TRAIN_CONFIG_FILE } from "../checkpoints/layout.ts";
import { CHECKPOINTS, jobOf, OUTPUTS } from "./run_layout.ts";

/** `outputs/train/<date>/<run>`, and folders that people name themselves. */
const MAX_DEPTH = 4;

const TypedSchema = z.looseObject({ type: z.string() });
/** The keys that name a run, in configs of any version. */
const NamedSchema = z.looseObject({
  job_name: z.string().nullable().default(null),
  env: TypedSchema.nullable().default(null),
  policy: TypedSchema,
});

/**
 * With `resume` and no `output_dir`: the config with the folder of the job's run under `outputs/` that was saved last. Other
 * configs as they are.
 *
 * @throws CheckpointError when no run of this name has a checkpoint.
 */
export async function withRunToResume(
  config: TrainRLServerPipelineConfig,
  outputs = OUTPUTS,
): Promise<TrainRLServerPipelineConfig> {
  if (!config.resume || config.output_dir !== null) return config;
  const job = jobOf(config);
  const candidates: { readonly folder: string; readonly savedMs: number }[] = [];
  for (const folder of await runsIn(outputs, MAX_DEPTH)) {
    if ((await jobIn(folder)) !== job) continue;
    const savedMs = await lastSaveMs(folder);
    if (savedMs !== undefined) candidates.push({ folder, savedMs });
  }
  const newest = candidates.sort((a, b) => b.savedMs - a.savedMs)[0];
  if (newest !== undefined) return { ...config, output_dir: newest.folder };
  throw new CheckpointError(
    `resume is true and output_dir is not set, but no run of the job "${job}" in ${outputs} has a checkpoint: name the run's ` +
      "folder with --output_dir=<folder>, or begin a new run without resume",
  );
}

/** Folders with a `train_config.json`; what is in them is not looked at. */
async function runsIn(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (entries.some((entry) => entry.name === TRAIN_CONFIG_FILE && entry.isFile())) return [folder];
  if (depth === 0) return [];
  const folders = entries.filter((entry) => entry.isDirectory());
  return (await Promise.all(folders.map(({ name }) => runsIn(join(folder, name), depth - 1)))).flat();
}

/** undefined for what cannot be read: it is none of the runs that are looked for. */
async function jobIn(folder: string): Promise<string | undefined> {
  const config = await readConfigFile(join(folder, TRAIN_CONFIG_FILE)).catch(() => undefined);
  const { data } = NamedSchema.safeParse(config);
  return data && jobOf(data);
}

/** Time of the newest checkpoint; undefined without one. */
async function lastSaveMs(folder: string): Promise<number | undefined> {
  const store = new CheckpointStore(join(folder, CHECKPOINTS), { onlineSteps: 1 });
  const latest = await store.latest().catch(() => undefined);
  return latest === undefined ? undefined : (await stat(latest)).mtimeMs;
}
