/** One writer per dataset: a file with the process id of whoever records into it. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WORK_FOLDER } from "./commit.ts";

export class WriterLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws Error when a live process holds the lock. A lock whose process is gone is taken over. */
  static async acquire(root: string): Promise<WriterLock> {
    const path = join(root, WORK_FOLDER, "lock");
    await mkdir(join(root, WORK_FOLDER), { recursive: true });
    for (;;) {
      try {
        await writeFile(path, String(process.pid), { flag: "wx" });
        return new WriterLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = Number(await readFile(path, "utf8").catch(() => "0"));
      if (isAlive(holder)) throw new Error(`"${root}" is being written by process ${holder}; stop it first`);
      await rm(path, { force: true });
    }
  }

  release(): Promise<void> {
    return rm(this.#path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
