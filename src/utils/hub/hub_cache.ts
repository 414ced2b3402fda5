/**
 * The Hugging Face cache on disk, shared with the Python tools: `refs/<branch or tag>` holds a commit hash and
 * `snapshots/<commit>/` the files of that commit, as links into `blobs/`.
 */
import { access, copyFile, readFile, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { makeFolder } from "../files/make_folder.ts";
import { writeFileAtomic } from "../files/write_file_atomic.ts";

/** The cache folder: HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else under ~/.cache. */
export function defaultHubCache(environment: NodeJS.ProcessEnv = process.env): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  if (HF_HUB_CACHE) return HF_HUB_CACHE;
  if (HF_HOME) return join(HF_HOME, "hub");
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface", "hub");
}

/** A model at a revision (branch, tag or commit hash) in one cache folder. */
export interface CachedModel {
  readonly cacheDir: string;
  /** "owner/name". */
  readonly id: string;
  readonly revision: string;
}

/** The folder of the cached commit if it has every file; undefined if any is missing. */
export async function findSnapshot(model: CachedModel, filenames: readonly string[]): Promise<string | undefined> {
  const commit = isCommitHash(model.revision)
    ? model.revision
    : await readFile(refPath(model), "utf8").catch(() => undefined);
  if (commit === undefined) return undefined;
  const folder = snapshotFolder(model, commit.trim());
  return (await missingFiles(folder, filenames)).length === 0 ? folder : undefined;
}

/**
 * Adds a file to a commit's snapshot. Safe against concurrent calls in other processes.
 *
 * @param etag Names the blob; equal contents have equal tags.
 * @param content Called only if the cache has no such blob. If it fails, the cache is unchanged.
 */
export async function addToSnapshot(
  model: CachedModel,
  commit: string,
  { path, etag, content }: { path: string; etag: string; content: () => Promise<AsyncIterable<Uint8Array>> },
): Promise<void> {
  const blob = join(modelFolder(model), "blobs", etag);
  const link = join(snapshotFolder(model, commit), path);
  await makeFolder(dirname(blob));
  await makeFolder(dirname(link));
  if (!(await exists(blob))) await writeFileAtomic(blob, await content());
  try {
    await symlink(relative(dirname(link), blob), link);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Windows allows links only to some users; the Python tools also copy there.
    if (code === "EPERM") await copyFile(blob, link);
    else if (code !== "EEXIST") throw error;
  }
}

/** Records the commit of a branch or tag. Call it once the commit's files exist, so that a reader finds them. */
export async function recordRevision(model: CachedModel, commit: string): Promise<void> {
  if (isCommitHash(model.revision)) return;
  const path = refPath(model);
  await makeFolder(dirname(path));
  await writeFileAtomic(path, commit);
}

/** The `filenames` that `folder` lacks; a broken link counts as missing. */
export async function missingFiles(folder: string, filenames: readonly string[]): Promise<string[]> {
  const found = await Promise.all(filenames.map((name) => exists(join(folder, name))));
  return filenames.filter((_, i) => !found[i]);
}

/** Follows links. */
async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function isCommitHash(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

function modelFolder({ cacheDir, id }: CachedModel): string {
  return join(cacheDir, `models--${id.replaceAll("/", "--")}`);
}

function snapshotFolder(model: CachedModel, commit: string): string {
  return join(modelFolder(model), "snapshots", commit);
}

function refPath(model: CachedModel): string {
  return join(modelFolder(model), "refs", model.revision);
}
