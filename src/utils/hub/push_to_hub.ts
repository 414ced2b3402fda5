/** Uploads a folder to the Hugging Face Hub as one commit. */
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { readablePath } from "../files/confined_path.ts";
import { explainHubError, type HubConnection, hubConnection } from "./hub_connection.ts";

export interface PushToHubOptions extends HubConnection {
  /** Whether to create a new repository as private. An existing one keeps its visibility. Default: the account's default. */
  readonly isPrivate?: boolean;
  /** Title of the commit. */
  readonly commitTitle?: string;
  /** An existing branch. Default: "main". */
  readonly branch?: string;
  /** Type of the repository. Default: "model". */
  readonly repoType?: "model" | "dataset";
  /** Filter for files to upload, by their path in the folder. Default: all. */
  readonly include?: (path: string) => boolean;
}

/**
 * Uploads the files of a folder to a repository, which is created if it does not exist.
 *
 * @param id "owner/name".
 * @returns The commit's hash and address.
 * @throws Error if the folder has no files, no token with write access is set, or the Hub refuses.
 */
export async function pushToHub(
  folder: string,
  id: string,
  options: PushToHubOptions = {},
): Promise<{ commit: string; url: string }> {
  const { repoType = "model", include = () => true } = options;
  const files = (await listFiles(folder)).filter(include);
  if (files.length === 0) throw new Error(`the folder "${folder}" has no files to push`);
  // A link in an untrusted folder could publish any file of this machine.
  for (const path of files) await readablePath(folder, path);
  const connection = hubConnection(options);
  if (!connection.token) throw new Error(`pushing "${id}" needs an access token: set HF_TOKEN to one that may write`);
  const { createRepo, uploadFiles } = await import("@huggingface/hub");
  const access = { hubUrl: connection.hubUrl, accessToken: connection.token };
  const repo = { type: repoType, name: id } as const;
  const { isPrivate, branch = "main", commitTitle = "Upload with handrail" } = options;
  const visibility =
    isPrivate === undefined ? {} : { visibility: isPrivate ? ("private" as const) : ("public" as const) };
  try {
    await createRepo({ ...access, repo, ...visibility }).catch((error: unknown) => {
      if (!(error instanceof Error && "statusCode" in error && error.statusCode === 409)) throw error; // it exists
    });
    const output = await uploadFiles({
      ...access,
      repo,
      branch,
      commitTitle,
      files: files.map((path) => ({ path, content: pathToFileURL(join(folder, path)) })),
    });
    if (output === undefined) throw new Error(`the Hub confirmed no commit for "${id}"`);
    return { commit: output.commit.oid, url: output.commit.url };
  } catch (error) {
    throw explainHubError(error, `pushing "${folder}" to "${id}"`, connection);
  }
}

/** Paths of all files, relative to the folder, with forward slashes. Links to files count as files. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink() && (await stat(path)).isDirectory()) {
      throw new Error(`"${path}" is a link to a folder; push that folder itself, or remove the link`);
    }
    if (!entry.isDirectory()) files.push(relative(folder, path).split(sep).join("/"));
  }
  return files.sort();
}
