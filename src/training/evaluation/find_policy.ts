/** Where a policy's files are, whatever of a run somebody points at: the policy, a checkpoint, the run, or the Hub. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { POLICY_POSTPROCESSOR, POLICY_PREPROCESSOR } from "../../processors/policy_processors.ts";
import { type ResolvePretrainedOptions, resolvePretrained } from "../../utils/hub.ts";
import { CheckpointStore } from "../checkpoints/checkpoint_store.ts";
import { PRETRAINED_MODEL, TRAIN_CONFIG_FILE } from "../checkpoints/layout.ts";

/** What acting takes. */
const POLICY_FILES = ["config.json", "model.safetensors"];
const PIPELINE_FILES = [POLICY_PREPROCESSOR, POLICY_POSTPROCESSOR].map((name) => `${name}.json`);

export interface FoundPolicy {
  /** Holds `config.json` and `model.safetensors`, and beside them whatever else there is. */
  readonly folder: string;
  /** It came from elsewhere: what its files name is not to be run. */
  readonly fromHub: boolean;
}

export type HubOptions = Omit<ResolvePretrainedOptions, "filenames">;

/**
 * @param nameOrPath A policy's folder; a checkpoint's, which has one inside; a run's, whose last checkpoint counts; or
 *   "owner/name" on the Hub.
 * @throws Error that says what was looked for; CheckpointError when a run's last checkpoint is gone.
 */
export async function findPolicy(nameOrPath: string, options: HubOptions = {}): Promise<FoundPolicy> {
  if (!(await isFolder(nameOrPath))) return { folder: await fetchFromHub(nameOrPath, options), fromHub: true };
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

/** The weights must be there; a training config and pipelines are fetched where the repository has them. */
async function fetchFromHub(id: string, options: HubOptions): Promise<string> {
  const folder = await resolvePretrained(id, { ...options, filenames: POLICY_FILES });
  const fetchAll = (filenames: readonly string[]) => resolvePretrained(id, { ...options, filenames });
  await fetchAll([TRAIN_CONFIG_FILE]).catch(() => {});
  const withPipelines = await fetchAll(PIPELINE_FILES).catch(() => undefined);
  if (withPipelines !== undefined) await fetchAll([...PIPELINE_FILES, ...(await stateFiles(withPipelines))]);
  return folder;
}

const PipelineFile = z.object({ steps: z.array(z.object({ state_file: z.string().optional() })) });

/** The tensors that the pipelines name; a file that cannot be read is left to whoever loads it. */
async function stateFiles(folder: string): Promise<string[]> {
  const named: string[] = [];
  for (const file of PIPELINE_FILES) {
    const parsed = PipelineFile.safeParse(JSON.parse(await readFile(join(folder, file), "utf8")));
    for (const { state_file } of parsed.data?.steps ?? []) if (state_file !== undefined) named.push(state_file);
  }
  return named;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

export async function hasFiles(folder: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return found.every((each) => each?.isFile());
}
