/**
 * One user of a folder at a time. The lock is the operating system's, on an open file: it ends with its process, however
 * that ends. What is written in the file only says who holds it.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { basename } from "node:path";
import { z } from "zod";

/** Far behind the text: Windows lets nobody read a locked range. */
const LOCKED_BYTE = 2 ** 40;

const HolderSchema = z.object({ pid: z.int(), host: z.string(), since: z.string(), command: z.string() });
type Holder = z.infer<typeof HolderSchema>;

type TryLock = (fd: number, offset: number, length: number) => boolean;

export interface FileLockOptions {
  /** What is locked, as a message begins: `the run in outputs/cube`. */
  readonly subject: string;
  /** What to do when it is taken, as a sentence. */
  readonly remedy: string;
  /** Called where the system cannot lock files. By default Node's warnings. */
  readonly warn?: (message: string) => void;
  /** The operating system's lock. */
  readonly tryLock?: TryLock;
}

/** Somebody else has the lock. */
export class LockedError extends Error {
  override readonly name = "LockedError";
}

export class FileLock {
  readonly #path: string;
  /** A bare descriptor: nothing closes it, and so gives the lock away, but `release` and the end of the process. */
  #fd: number | undefined;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Takes the lock, or fails at once.
   *
   * @param path The lock's file: made if need be, in a folder that exists. What an earlier holder left in it does not matter.
   * @throws LockedError naming the holder; Error when the file cannot be opened.
   */
  static async acquire(path: string, options: FileLockOptions): Promise<FileLock> {
    const tryLock = options.tryLock ?? (await systemLock());
    for (;;) {
      const fd = openSync(path, "a+");
      try {
        take(fd, path, options, tryLock);
        // The file may have been deleted by the holder before, after we had opened it: then others lock another one.
        if (!isStill(fd, path)) {
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

  /** Gives the lock back and deletes its file; doing so again does nothing. */
  release(): void {
    if (this.#fd === undefined) return;
    try {
      // While it is still ours: whoever has opened it meanwhile finds it gone, and makes another one.
      if (isStill(this.#fd, this.#path)) rmSync(this.#path, { force: true });
    } catch {
      // A file that stays locks nobody out.
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
      `${path}: files cannot be locked here (${code ?? message}), as on some network drives: take care that nothing else ` +
        `uses ${subject}`,
    );
    // Without the system's help, whoever is written there counts as long as that process seems to be alive.
    taken = !seemsAlive(readHolder(path));
  }
  if (!taken) throw new LockedError(`${subject} is in use by ${describe(readHolder(path))}. ${remedy}`);
}

/** Loaded on first use. Where there is no build of it for this platform, its error becomes a warning, as above. */
async function systemLock(): Promise<TryLock> {
  try {
    return (await import("fs-native-extensions")).tryLock;
  } catch (cause) {
    return () => {
      throw new Error(`no file locks for ${process.platform}-${process.arch}`, { cause });
    };
  }
}

/** A full disk keeps nobody from locking: others then learn less of who holds the lock. */
function writeHolder(fd: number): void {
  try {
    writeSync(fd, `${JSON.stringify(ourselves())}\n`);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
  }
}

function isStill(fd: number, path: string): boolean {
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

/** undefined for a file of an earlier version, or one that is being written. */
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
  // In a container every process may have the number 1: one of our number that took the lock before we began is gone.
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
