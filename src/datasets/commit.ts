/**
 * Changes several files of a dataset at once, or none of them. New contents are written beside the dataset's files;
 * a journal then names them all, and from that moment the change is decided: whoever opens the dataset after a crash
 * finishes the renames. A crash before that moment leaves the dataset as it was.
 */
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder, writeFileAtomic } from "../utils/write_file_atomic.ts";
import { DatasetError } from "./errors.ts";

/** Everything that is not (yet) part of the dataset is in here; it is never uploaded. */
export const WORK_FOLDER = ".recording";
const STAGED = `${WORK_FOLDER}/staged`;
const JOURNAL = `${WORK_FOLDER}/commit.json`;

/** A change that is decided but not complete: `recover` finishes it. */
export class InterruptedCommitError extends Error {}

export class Commit {
  readonly #root: string;
  readonly #flushEach: boolean;
  readonly #paths: string[] = [];
  readonly #unflushed = new Set<string>();
  /** Folders that are known to exist: saving an episode is mostly waiting for small file operations. */
  readonly #folders = new Set<string>();
  #stale = true;

  /** @param flushEach Whether every change survives a power failure, or only those before the last `flush`. */
  constructor(root: string, { flushEach = true } = {}) {
    this.#root = root;
    this.#flushEach = flushEach;
  }

  /** Discards what an earlier, undecided change left behind. */
  async begin(): Promise<void> {
    if (this.#stale) {
      await rm(join(this.#root, STAGED), { recursive: true, force: true });
      this.#folders.clear();
    }
    this.#stale = true;
    this.#paths.length = 0;
  }

  /**
   * Writes the new content of a file aside.
   * @param path Relative to the root.
   * @param write Told where to write.
   * @throws DatasetError naming the file when it cannot be written (a full disk, for example).
   */
  async stage<Result>(path: string, write: (staged: string) => Promise<Result>): Promise<Result> {
    const staged = join(this.#root, STAGED, path);
    return naming(path, async () => {
      await ensureFolder(dirname(staged), this.#folders);
      this.#paths.push(path);
      return write(staged);
    });
  }

  stageContent(path: string, content: string | Uint8Array): Promise<void> {
    return this.stage(path, (staged) => writeFile(staged, content));
  }

  /**
   * Decides the change and carries it out. Until the contents are safely stored nothing is decided.
   * @throws DatasetError when the contents cannot be stored: nothing has changed. InterruptedCommitError when the change
   * was decided but not carried out to its end.
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

  /** Waits until every change so far is on the disk. */
  async flush(): Promise<void> {
    const paths = [...this.#unflushed].map((path) => join(this.#root, path));
    this.#unflushed.clear();
    await Promise.all(paths.map(flushFile));
    await Promise.all([...new Set(paths.map((path) => dirname(path)))].map(syncFolder));
  }
}

/** Finishes a change that was decided but interrupted. @returns Whether there was one. */
export async function recover(root: string): Promise<boolean> {
  let journal: string;
  try {
    journal = await readFile(join(root, JOURNAL), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  await Promise.all((await carryOut(root, JSON.parse(journal) as string[], new Set())).map(syncFolder));
  await rm(join(root, JOURNAL), { force: true });
  return true;
}

/** Idempotent: a file that is no longer staged has been moved already. @returns The folders that changed. */
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

/** Errors of the file system do not always say which file they are about. */
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
  await mkdir(path, { recursive: true });
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
