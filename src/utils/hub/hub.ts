/** Finds pretrained files by folder or by Hugging Face Hub id, downloading only what the local cache does not have. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { describeUnsafePath } from "../files/confined_path.ts";
import { type CachedModel, defaultHubCache, findSnapshot, missingFiles } from "./hub_cache.ts";
import { type HubConnection, hubConnection } from "./hub_connection.ts";
import { downloadSnapshot } from "./hub_download.ts";

export interface ResolvePretrainedOptions extends HubConnection {
  /** Required files, relative to the folder, such as "config.json". */
  readonly filenames: readonly string[];
  /** Branch, tag or commit hash on the Hub; "main" by default. A folder has no revisions. */
  readonly revision?: string;
  /** Defaults to the cache that Python's `huggingface_hub` uses (HF_HUB_CACHE, HF_HOME, ~/.cache/huggingface/hub). */
  readonly cacheDir?: string;
  /** Never use the network. Defaults to true when the environment variable HF_HUB_OFFLINE is 1. */
  readonly localFilesOnly?: boolean;
  /** Ask the Hub whether the branch has moved. Without it a cached revision is used as it is. */
  readonly refresh?: boolean;
}

/**
 * The local folder that holds the files of a pretrained model.
 *
 * A folder is used as it is. Anything else is a Hub id ("owner/name"): the cache comes first, so that a robot neither
 * needs the network nor changes its policy because someone pushed; what is missing is downloaded into the cache.
 *
 * @throws Error naming what was looked for and where: a missing file or folder, an unknown or private model (HF_TOKEN),
 *   no network.
 */
export async function resolvePretrained(nameOrPath: string, options: ResolvePretrainedOptions): Promise<string> {
  const { filenames, revision = "main", cacheDir = defaultHubCache(), refresh = false } = options;
  for (const path of [...filenames, revision]) checkRelative(path);
  const onDisk = await stat(nameOrPath).catch(() => undefined);
  if (onDisk?.isDirectory()) return checkFolder(nameOrPath, filenames);
  if (onDisk) throw new Error(`"${nameOrPath}" is a file; pass the folder that holds it`);
  if (!isHubId(nameOrPath))
    throw new Error(`the folder "${nameOrPath}" does not exist, and it is not a Hub id (owner/name)`);

  const model: CachedModel = { cacheDir, id: nameOrPath, revision };
  const { localFilesOnly = isOffline() } = options;
  const cached = localFilesOnly || !refresh ? await findSnapshot(model, filenames) : undefined;
  if (cached !== undefined) return cached;
  if (localFilesOnly) {
    throw new Error(
      `"${nameOrPath}" is neither a folder nor in the cache ${cacheDir} at revision "${revision}" with ` +
        `${filenames.join(", ")}, and downloads are switched off (localFilesOnly or HF_HUB_OFFLINE)`,
    );
  }
  return await downloadSnapshot(model, filenames, hubConnection(options));
}

async function checkFolder(folder: string, filenames: readonly string[]): Promise<string> {
  const missing = await missingFiles(folder, filenames);
  if (missing.length > 0) throw new Error(`the folder "${folder}" has no ${missing.join(", ")}`);
  return resolve(folder);
}

/** File names and revisions become parts of paths and must not lead out of their folder. */
function checkRelative(path: string): void {
  if (describeUnsafePath(path) !== undefined) {
    throw new Error(`"${path}" must be a relative name without ".."`);
  }
}

function isHubId(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(name) && !/\.\.|--/.test(name);
}

function isOffline(): boolean {
  return /^(1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? "");
}
