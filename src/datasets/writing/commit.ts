/**
 * Changes several files of a dataset atomically. New contents are staged beside the dataset's files; then a journal names
 * them all, which decides the change: after a crash the next writer finishes the renames, and until then readers use the
 * staged contents. A crash before that moment leaves the dataset unchanged.
 *
 * Datasets are untrusted, including their journals: only a writer applies one, and only within the dataset.
 */
import { access, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UnsafePathError, writablePath } from "../../utils/files/confined_path.ts";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { readJsonFile } from "../../utils/files/read_json_file.ts";
import { syncFolder, writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { DatasetError } from "../errors.ts";

const MAX_JOURNAL_BYTES = 8 * 2 ** 20;

/** Folder of everything that is not (yet) part of the dataset; it is never uploaded. */
export const WORK_FOLDER = ".recording";
const STAGED = `${WORK_FOLDER}/staged`;
const JOURNAL = `${WORK_FOLDER}/commit.json`;

/** A change was decided but not completed: `recover` finishes it. */
export class InterruptedCommitError extends Error {}

export class Commit {
  readonly #root: string;
  readonly #flushEach: boolean;
  readonly #paths: string[] = [];
  readonly #unflushed = new Set<string>();
  /** Folders known to exist: saving an episode consists mostly of small file operations. */
  readonly #folders = new Set<string>();
  #stale = true;

  /** @param flushEach Whether every change survives a power failure, or only changes before the last `flush`. */
  constructor(root: string, { flushEach = true } = {}) {
    this.#root = root;
    this.#flushEach = flushEach;
  }

  /** Discards the rest of an earlier, undecided change. @throws DatasetError if the work folder is a link. */
  async begin(): Promise<void> {
    if (this.#stale) {
      await forWriting(this.#root, STAGED);
      await rm(join(this.#root, STAGED), { recursive: true, force: true });
      this.#folders.clear();
    }
    this.#stale = true;
    this.#paths.length = 0;
  }

  /**
   * Stages the new content of a file.
   * @param path Relative to the root.
   * @param write Called with the path to write to.
   * @throws DatasetError naming the file if it cannot be written (a full disk, for example).
   */
  async stage<Result>(path: string, write: (staged: string) => Promise<Result>): Promise<Result> {
    const staged = join(this.#root, STAGED, path);
    return naming(path, async () => {
      if (!this.#folders.has(dirname(staged))) {
        await forWriting(this.#root, path);
        await forWriting(this.#root, `${STAGED}/${path}`);
      }
      await ensureFolder(dirname(staged), this.#folders);
      this.#paths.push(path);
      return write(staged);
    });
  }

  stageContent(path: string, content: string | Uint8Array): Promise<void> {
    return this.stage(path, (staged) => writeFile(staged, content));
  }

  /**
   * Decides the change and carries it out. Nothing is decided until the contents are safely stored.
   * @throws DatasetError if the contents cannot be stored: nothing has changed. InterruptedCommitError if the change was
   * decided but not completed.
   */
  async apply(): Promise<void> {
    const journal = join(this.#root, JOURNAL);
    if (this.#flushEach) {
      await Promise.all(this.#paths.map((path) => naming(path, () => flushFile(join(this.#root, STAGED, path)))));
      await writeFileAtomic(journal, JSON.stringify(this.#paths));
    } else {
      await writeFile(`${journal}.new`, JSON.stringify(this.#paths));
      await rename(`${journal}.new`, journal);
      for (const path of this.#paths) this.#unflushed.add(path);
    }
    try {
      const folders = await carryOut(this.#root, this.#paths, this.#folders);
      if (this.#flushEach) await Promise.all(folders.map(syncFolder));
      await rm(journal, { force: true });
    } catch (cause) {
      throw new InterruptedCommitError("saving was interrupted halfway: resume the dataset to finish it", { cause });
    }
    this.#stale = false;
  }

  /** Waits until every change so far is on disk. */
  async flush(): Promise<void> {
    const paths = [...this.#unflushed].map((path) => join(this.#root, path));
    this.#unflushed.clear();
    await Promise.all(paths.map(flushFile));
    await Promise.all([...new Set(paths.map((path) => dirname(path)))].map(syncFolder));
  }
}

/**
 * Finishes a decided but interrupted change, and discards everything else that an earlier writer left. The caller must hold
 * the writer's lock.
 * @param isOwn Whether the caller's commits write this file.
 * @returns whether a change was finished.
 * @throws DatasetError if the journal names anything else, or a link is in the way; nothing has changed then.
 */
export async function recover(root: string, isOwn: (path: string) => boolean): Promise<boolean> {
  await forWriting(root, STAGED);
  const paths = await readJournal(root);
  if (paths !== undefined) {
    for (const path of paths) {
      if (!isOwn(path)) {
        const named = JSON.stringify(path.slice(0, 200));
        throw new DatasetError(
          { file: JOURNAL },
          `names ${named}, which recording never writes: delete ${WORK_FOLDER}`,
        );
      }
      await forWriting(root, path);
      await forWriting(root, `${STAGED}/${path}`);
    }
    await Promise.all((await carryOut(root, paths, new Set())).map(syncFolder));
  }
  for (const left of [JOURNAL, `${JOURNAL}.new`, STAGED]) await rm(join(root, left), { recursive: true, force: true });
  return paths !== undefined;
}

/**
 * Location of a file's decided content, relative to the root: its own path, or its staged path if saving was interrupted.
 */
export async function decidedPath(root: string, path: string): Promise<string> {
  const waiting = (await decidedPaths(root)).includes(path);
  return waiting && (await exists(join(root, STAGED, path))) ? `${STAGED}/${path}` : path;
}

/** Files that an interrupted save was about to move into place. A foreign journal counts as none. */
export async function decidedPaths(root: string): Promise<readonly string[]> {
  return (await readJournal(root).catch(() => undefined)) ?? [];
}

/** @returns undefined without a journal. */
async function readJournal(root: string): Promise<readonly string[] | undefined> {
  let json: unknown;
  try {
    json = await readJsonFile(join(root, JOURNAL), MAX_JOURNAL_BYTES);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DatasetError({ file: JOURNAL }, `cannot be read (${(cause as Error).message})`, { cause });
  }
  if (Array.isArray(json) && json.every((path) => typeof path === "string")) return json;
  throw new DatasetError({ file: JOURNAL }, "is not a list of files");
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** @throws DatasetError if writing there would leave the dataset, or go through a link. */
export async function forWriting(root: string, path: string): Promise<string> {
  try {
    return await writablePath(root, path);
  } catch (cause) {
    if (cause instanceof UnsafePathError)
      throw new DatasetError({ file: path.slice(0, 200) }, cause.message, { cause });
    throw cause;
  }
}

/** Idempotent: a file that is no longer staged was already moved. @returns the changed folders. */
async function carryOut(root: string, paths: readonly string[], known: Set<string>): Promise<string[]> {
  const folders = new Set<string>();
  for (const path of paths) {
    const target = join(root, path);
    await ensureFolder(dirname(target), known);
    try {
      await rename(join(root, STAGED, path), target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    folders.add(dirname(target));
  }
  return [...folders];
}

/** File system errors do not always name the file. */
async function naming<Result>(file: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    throw new DatasetError({ file }, `cannot be written (${(cause as Error).message})`, { cause });
  }
}

async function ensureFolder(path: string, known: Set<string>): Promise<void> {
  if (known.has(path)) return;
  await makeFolder(path);
  known.add(path);
}

async function flushFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
