/**
 * A file that is only appended to, from memory: appending never waits for the disk. What is buffered is bounded, and
 * written at least once an interval; a process that is killed loses no more than that.
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../../utils/files/make_folder.ts";

export interface AppendFileOptions {
  /** Seconds that appended bytes may wait in memory. Default 1. */
  readonly flushIntervalS?: number | undefined;
  /** Bytes that may wait in memory; more are refused. Default 8 MiB. */
  readonly maximumBufferedBytes?: number | undefined;
  /** Called when writes in the background begin to fail; the bytes are kept and tried again every interval. */
  readonly onError?: ((error: Error) => void) | undefined;
  /** What an empty file begins with. */
  readonly head?: Uint8Array | undefined;
  /** Called when somebody has deleted or moved the file: what follows goes into a new one. */
  readonly onReplaced?: (() => void) | undefined;
}

export class AppendFile {
  readonly path: string;
  #file: FileHandle;
  readonly #flushIntervalMs: number;
  readonly #maximumBytes: number;
  readonly #onError: (error: Error) => void;
  readonly #onReplaced: () => void;
  readonly #head: Uint8Array | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #failing = false;
  #closed = false;

  private constructor(path: string, file: FileHandle, options: AppendFileOptions) {
    this.path = path;
    this.#file = file;
    this.#flushIntervalMs = 1000 * (options.flushIntervalS ?? 1);
    this.#maximumBytes = options.maximumBufferedBytes ?? 8 * 2 ** 20;
    this.#onError = options.onError ?? (() => {});
    this.#onReplaced = options.onReplaced ?? (() => {});
    this.#head = options.head;
  }

  /** Opens the file at its end, or creates it. Its folder must exist. */
  static async open(path: string, options: AppendFileOptions = {}): Promise<AppendFile> {
    const file = new AppendFile(path, await open(path, "a"), options);
    if (options.head && (await file.#file.stat()).size === 0) file.append(options.head);
    return file;
  }

  get bufferedBytes(): number {
    return this.#pendingBytes;
  }

  /** @returns false, and takes nothing, while the buffer has no room for all of `bytes`. */
  append(bytes: Uint8Array): boolean {
    if (this.#closed) throw new Error(`${this.path} is closed`);
    if (this.#pendingBytes + bytes.length > this.#maximumBytes) return false;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#timer ??= setTimeout(() => this.#flushInBackground(), this.#flushIntervalMs);
    return true;
  }

  /** Writes everything appended so far. Rejects, and keeps what is not written, when the disk refuses it. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#pending.length > 0) {
      this.#draining ??= this.#drain().finally(() => {
        this.#draining = undefined;
      });
      await this.#draining;
    }
  }

  /** Flushes, makes the disk keep it, and closes; closing again does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.flush();
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  async #drain(): Promise<void> {
    await this.#followPath();
    while (this.#pending.length > 0) {
      const bytes = Buffer.concat(this.#pending);
      this.#pending = [bytes];
      const { bytesWritten } = await this.#file.write(bytes);
      this.#pendingBytes -= bytesWritten;
      this.#failing = false;
      // Bytes that were appended meanwhile stand behind the first piece.
      this.#pending.splice(0, 1, ...(bytesWritten < bytes.length ? [bytes.subarray(bytesWritten)] : []));
    }
  }

  /** Without a file of that name, what is written would be lost at the end. */
  async #followPath(): Promise<void> {
    const [ours, there] = await Promise.all([this.#file.stat(), stat(this.path).catch(() => undefined)]);
    if (there !== undefined && there.ino === ours.ino && there.dev === ours.dev) return;
    await makeFolder(dirname(this.path));
    const file = await open(this.path, "a");
    await this.#file.close();
    this.#file = file;
    if (this.#head && (await file.stat()).size === 0) await file.writeFile(this.#head);
    this.#onReplaced();
  }

  #flushInBackground(): void {
    this.flush().catch((error: Error) => {
      if (this.#closed) return;
      this.#timer ??= setTimeout(() => this.#flushInBackground(), this.#flushIntervalMs);
      if (!this.#failing) this.#onError(error);
      this.#failing = true;
    });
  }
}
