/** Finds a policy's files, given the policy's folder, a checkpoint, a run, a shipped policy's name or a Hub id. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointStore } from "../../learning/checkpoints/checkpoint_store.ts";
import { PRETRAINED_MODEL, TRAIN_CONFIG_FILE } from "../../learning/checkpoints/layout.ts";
import { POLICY_POSTPROCESSOR, POLICY_PREPROCESSOR } from "../../processors/policy_processors.ts";
import { readJsonFile } from "../../utils/files/read_json_file.ts";
import { type ResolvePretrainedOptions, resolvePretrained } from "../../utils/hub/hub.ts";
import { findShipped } from "../../utils/shipped.ts";

/** The files required to act. */
const POLICY_FILES = ["config.json", "model.safetensors"];
const PIPELINE_FILES = [POLICY_PREPROCESSOR, POLICY_POSTPROCESSOR].map((name) => `${name}.json`);

export interface FoundPolicy {
  /** Contains at least `config.json` and `model.safetensors`. */
  readonly folder: string;
  /** Downloaded from the Hub: code that its files name must not run. */
  readonly fromHub: boolean;
}

export type HubOptions = Omit<ResolvePretrainedOptions, "filenames">;

/**
 * @param nameOrPath A policy's folder; a checkpoint's, which has one inside; a run's, whose last checkpoint counts; or
 *   "owner/name" on the Hub; or the name of a policy that comes with Handrail.
 * @throws Error listing what was searched for; CheckpointError if a run's last checkpoint is gone.
 */
export async function findPolicy(nameOrPath: string, options: HubOptions = {}): Promise<FoundPolicy> {
  if (!(await isFolder(nameOrPath))) {
    const shipped = findShipped("policies", nameOrPath);
    if (shipped !== undefined) return { folder: shipped, fromHub: false };
    return { folder: await fetchFromHub(nameOrPath, options), fromHub: true };
  }
  for (const folder of [nameOrPath, join(nameOrPath, PRETRAINED_MODEL)]) {
    if (await hasFiles(folder, POLICY_FILES)) return { folder, fromHub: false };
  }
  for (const folder of [join(nameOrPath, "checkpoints"), nameOrPath]) {
    const checkpoint = await new CheckpointStore(folder, { onlineSteps: 1 }).latest();
    if (checkpoint !== undefined) return { folder: join(checkpoint, PRETRAINED_MODEL), fromHub: false };
  }
  throw new Error(
    `there is no policy in "${nameOrPath}": neither ${POLICY_FILES.join(" and ")}, nor a checkpoint's ` +
      `${PRETRAINED_MODEL} folder, nor a run's checkpoints folder with a whole checkpoint`,
  );
}

/** Requires the weights. Also fetches the training config and the pipelines of the same commit, if there are any. */
async function fetchFromHub(id: string, options: HubOptions): Promise<string> {
  let names: readonly string[] = POLICY_FILES;
  let folder = await resolvePretrained(id, { ...options, filenames: names });
  const extend = async (more: readonly string[]) => {
    const all = [...names, ...more];
    const extended = await resolvePretrained(id, { ...options, filenames: all }).catch(() => undefined);
    if (extended !== undefined) [folder, names] = [extended, all];
    return extended !== undefined;
  };
  await extend([TRAIN_CONFIG_FILE]);
  if (await extend(PIPELINE_FILES)) await extend(await stateFiles(folder));
  return folder;
}

const PipelineFile = z.object({ steps: z.array(z.object({ state_file: z.string().optional() })) });

/** The tensor files that the pipelines name. Loading a pipeline reports errors in its file. */
async function stateFiles(folder: string): Promise<string[]> {
  const named: string[] = [];
  for (const file of PIPELINE_FILES) {
    const content = await readJson(join(folder, file));
    for (const { state_file } of PipelineFile.safeParse(content).data?.steps ?? []) {
      if (state_file !== undefined) named.push(state_file);
    }
  }
  return named;
}

const MAX_JSON_BYTES = 8 * 2 ** 20;

/** undefined for a file that is missing or not JSON. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return await readJsonFile(path, MAX_JSON_BYTES);
  } catch {
    return undefined;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

export async function hasFiles(folder: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return found.every((each) => each?.isFile());
}
