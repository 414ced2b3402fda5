/** Lock for one writer per dataset. */
import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { FileLock } from "../../utils/files/file_lock.ts";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { WORK_FOLDER } from "./commit.ts";

const LOCK_FILE = "lock";

export class WriterLock {
  readonly #folder: string;
  readonly #lock: FileLock;

  private constructor(folder: string, lock: FileLock) {
    this.#folder = folder;
    this.#lock = lock;
  }

  /** @throws LockedError if another process is writing. */
  static async acquire(root: string): Promise<WriterLock> {
    const folder = join(root, WORK_FOLDER);
    await makeFolder(folder);
    const options = { subject: `the dataset "${root}"`, remedy: "Stop the other recording first." };
    return new WriterLock(folder, await FileLock.acquire(join(folder, LOCK_FILE), options));
  }

  release(): void {
    this.#lock.release();
  }

  /** Deletes the work folder, the folder itself last, so that it never deletes the next writer's files. */
  async releaseAndClear(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (name !== LOCK_FILE) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
    this.#lock.release();
    // Not empty if the next writer is already using it.
    await rmdir(this.#folder).catch(() => {});
  }
}
