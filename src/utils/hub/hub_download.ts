/** Downloads files of one commit from the Hugging Face Hub into the cache, checked against the Hub's own hashes. */
import { createHash } from "node:crypto";
import type { PathInfo } from "@huggingface/hub";
import { addToSnapshot, type CachedModel, findSnapshot, recordRevision } from "./hub_cache.ts";
import { explainHubError, type HubConnection } from "./hub_connection.ts";

/**
 * Resolves the model's revision to a commit and completes that commit's snapshot. Cached files are not fetched.
 *
 * @returns The snapshot's folder.
 * @throws Error naming the model, and the file if one is at fault.
 */
export async function downloadSnapshot(
  model: CachedModel,
  filenames: readonly string[],
  connection: HubConnection & { readonly hubUrl: string },
): Promise<string> {
  const { id, revision } = model;
  const what = `model "${id}" at revision "${revision}"`;
  // Loaded on first use: a cached model does not need it.
  const { downloadFile, modelInfo, pathsInfo } = await import("@huggingface/hub");
  const access = { hubUrl: connection.hubUrl, ...(connection.token ? { accessToken: connection.token } : {}) };
  const repo = { type: "model", name: id } as const;
  try {
    const { sha: commit } = await modelInfo({ ...access, name: id, revision, additionalFields: ["sha"] });
    const files = await pathsInfo({ ...access, repo, revision: commit, paths: [...filenames] });
    const absent = filenames.filter((name) => !files.some(({ path, type }) => path === name && type === "file"));
    if (absent.length > 0) throw new Error(`the ${what} has no ${absent.join(", ")}`);
    for (const file of files) {
      const content = async () => {
        const blob = await downloadFile({ ...access, repo, path: file.path, revision: commit });
        if (blob === null) throw new Error(`the ${what} has no ${file.path}`);
        return verifiedContent(blob.stream(), file);
      };
      await addToSnapshot(model, commit, { path: file.path, etag: contentHash(file).oid, content });
    }
    await recordRevision(model, commit);
    const folder = await findSnapshot({ ...model, revision: commit }, filenames);
    if (folder === undefined) throw new Error(`the ${what} vanished from ${model.cacheDir}: download it again`);
    return folder;
  } catch (error) {
    throw explainHubError(error, `the folder "${id}" does not exist, and ${what}`, connection);
  }
}

/** The Hub's description of a file. */
export type HubFile = Pick<PathInfo, "path" | "size" | "oid"> & { readonly lfs?: { readonly oid: string } };

/** The file's hash as the Hub publishes it: of the content in LFS, of the blob in Git. */
function contentHash({ path, size, lfs, oid }: HubFile): { oid: string; algorithm: string; prefix: string } {
  if (lfs) return { oid: lfs.oid, algorithm: "sha256", prefix: "" };
  if (oid) return { oid, algorithm: "sha1", prefix: `blob ${size}\0` };
  throw new Error(`the Hub gives no hash for ${path}`);
}

/** Passes the content through, and fails at its end if the hash differs. */
export async function* verifiedContent(stream: ReadableStream<Uint8Array>, file: HubFile): AsyncGenerator<Uint8Array> {
  const { oid, algorithm, prefix } = contentHash(file);
  const hash = createHash(algorithm).update(prefix);
  for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest("hex") !== oid)
    throw new Error(`the download of ${file.path} does not match the Hub's hash; try again`);
}
