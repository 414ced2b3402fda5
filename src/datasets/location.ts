/** Local folders of datasets: the same ones that LeRobot uses. */
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { confinedPath } from "../utils/files/confined_path.ts";
import type { HubConnection } from "../utils/hub/hub_connection.ts";
import { pullDataset } from "./hub.ts";
import { INFO_PATH } from "./meta/paths.ts";

export interface DatasetReference {
  /** "owner/name" on the Hub, or the name of a local dataset. */
  readonly repoId: string;
  /** Folder of the dataset. Default: LeRobot's folder for the id. */
  readonly root?: string | null | undefined;
  /** Branch, tag or commit on the Hub. */
  readonly revision?: string | null;
}

/** `$HF_LEROBOT_HOME`. Default: `lerobot` in Hugging Face's home folder. */
export function lerobotHome(environment: NodeJS.ProcessEnv = process.env): string {
  const { HF_LEROBOT_HOME, HF_HOME, XDG_CACHE_HOME } = environment;
  if (HF_LEROBOT_HOME) return HF_LEROBOT_HOME;
  return join(HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface"), "lerobot");
}

/** The local folder of a dataset, existing or not. @throws UnsafePathError for an id that leads elsewhere. */
export function datasetFolder({ repoId, root }: DatasetReference): string {
  return root ?? confinedPath(lerobotHome(), repoId);
}

/**
 * The folder of a dataset; it is downloaded from the Hub if it is not on this machine.
 * @throws Error if it is in neither place.
 */
export async function resolveDataset(reference: DatasetReference, connection: HubConnection = {}): Promise<string> {
  const { repoId, revision } = reference;
  const root = datasetFolder(reference);
  const isLocal = await stat(join(root, INFO_PATH)).then(
    () => true,
    () => false,
  );
  if (isLocal) return root;
  if (!/^[\w.-]+\/[\w.-]+$/.test(repoId)) {
    throw new Error(`no dataset in "${root}", and "${repoId}" is not a Hub id (owner/name)`);
  }
  await pullDataset(repoId, root, { ...connection, ...(revision ? { revision } : {}) });
  return root;
}
