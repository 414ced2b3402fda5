/**
 * One user of a folder at a time. The lock belongs to the operating system and an open file: it ends with its process,
 * in every case. The file's content only names the holder.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { basename } from "node:path";
import { z } from "zod";

/** Far behind the text: Windows refuses reads of a locked range. */
const LOCKED_BYTE = 2 ** 40;

const HolderSchema = z.object({ pid: z.int(), host: z.string(), since: z.string(), command: z.string() });
type Holder = z.infer<typeof HolderSchema>;

type TryLock = (fd: number, offset: number, length: number) => boolean;

export interface FileLockOptions {
  /** The locked thing, as a message begins: `the run in outputs/cube`. */
  readonly subject: string;
  /** Advice if it is taken, as a sentence. */
  readonly remedy: string;
  /** Called where the system cannot lock files. Default: Node's warnings. */
  readonly warn?: (message: string) => void;
  /** The operating system's lock. */
  readonly tryLock?: TryLock;
}

/** Another process has the lock. */
export class LockedError extends Error {
  override readonly name = "LockedError";
}

export class FileLock {
  readonly #path: string;
  /** A bare descriptor: only `release` and the end of the process close it and give up the lock. */
  #fd: number | undefined;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Takes the lock, or fails at once.
   *
   * @param path The lock's file, created if needed in a folder that exists. Its earlier content does not matter.
   * @throws LockedError naming the holder; Error when the file cannot be opened.
   */
  static async acquire(path: string, options: FileLockOptions): Promise<FileLock> {
    const tryLock = options.tryLock ?? (await systemLock());
    for (;;) {
      const fd = openSync(path, "a+");
      try {
        take(fd, path, options, tryLock);
        // The previous holder may have deleted the file after we opened it: others then lock a new one.
        if (!isSameFile(fd, path)) {
          closeSync(fd);
          continue;
        }
        ftruncateSync(fd);
        writeHolder(fd);
        return new FileLock(path, fd);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
    }
  }

  /** Whether the locked file is still the one at its path: not deleted, its folder not moved away, the lock not released. */
  get isInPlace(): boolean {
    return this.#fd !== undefined && isSameFile(this.#fd, this.#path);
  }

  /** Releases the lock and deletes its file; further calls do nothing. */
  release(): void {
    if (this.#fd === undefined) return;
    try {
      // Deleted while the lock is held: a process that opened it meanwhile finds it gone and creates another.
      if (isSameFile(this.#fd, this.#path)) rmSync(this.#path, { force: true });
    } catch {
      // A leftover file locks nothing.
    }
    closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function take(fd: number, path: string, { subject, remedy, warn = emitWarning }: FileLockOptions, tryLock: TryLock) {
  let taken: boolean;
  try {
    taken = tryLock(fd, LOCKED_BYTE, 1);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    warn(
      `${path}: files cannot be locked here (${code ?? message}), as on some network drives: make sure that nothing else ` +
        `uses ${subject}`,
    );
    // Without the system's help, the recorded holder counts as long as its process seems alive.
    taken = !seemsAlive(readHolder(path));
  }
  if (!taken) throw new LockedError(`${subject} is in use by ${describe(readHolder(path))}. ${remedy}`);
}

/** Loaded on first use. If this platform has no build of it, the error becomes the warning above. */
async function systemLock(): Promise<TryLock> {
  try {
    return (await import("fs-native-extensions")).tryLock;
  } catch (cause) {
    return () => {
      throw new Error(`no file locks for ${process.platform}-${process.arch}`, { cause });
    };
  }
}

/** A full disk does not prevent locking: the lock then lacks its holder's name. */
function writeHolder(fd: number): void {
  try {
    writeSync(fd, `${JSON.stringify(ourselves())}\n`);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
  }
}

function isSameFile(fd: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const ours = fstatSync(fd);
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

function ourselves(): Holder {
  const [, script = "", command = ""] = process.argv;
  const program = /^(cli|main)\./.test(basename(script)) ? "handrail" : basename(script);
  // Further arguments may be secrets.
  const started = /^[a-z][a-z-]*$/.test(command) ? `${program} ${command}` : program;
  return { pid: process.pid, host: hostname(), since: new Date().toISOString(), command: started };
}

/** undefined for a file of an earlier version, or one being written. */
function readHolder(path: string): Holder | undefined {
  try {
    return HolderSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

function describe(holder: Holder | undefined): string {
  if (holder === undefined) return "another process";
  const { pid, host, since, command } = holder;
  return `process ${pid} on ${host} (${[command, `since ${since}`].filter(Boolean).join(", ")})`;
}

function seemsAlive(holder: Holder | undefined): boolean {
  if (holder === undefined || holder.host !== hostname()) return false;
  // In containers every process may have the id 1: a holder with our id that locked before we started is gone.
  const beganMs = Date.now() - process.uptime() * 1000;
  if (holder.pid === process.pid && Date.parse(holder.since) < beganMs) return false;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function emitWarning(message: string): void {
  process.emitWarning(message);
}
