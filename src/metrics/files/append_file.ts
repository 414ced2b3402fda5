/**
 * An append-only file written from memory: appending never waits for the disk. The buffer is bounded and written at least
 * once per interval; a killed process loses no more than that.
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../../utils/files/make_folder.ts";

export interface AppendFileOptions {
  /** Longest time in seconds that appended bytes stay in memory. Default: 1. */
  readonly flushIntervalS?: number | undefined;
  /** Buffer size in bytes; beyond it, appends are refused. Default: 8 MiB. */
  readonly maximumBufferedBytes?: number | undefined;
  /** Called when background writes begin to fail; the bytes are kept and retried every interval. */
  readonly onError?: ((error: Error) => void) | undefined;
  /** Content at the beginning of a new file. */
  readonly head?: Uint8Array | undefined;
  /** Called when the file was deleted or moved: later bytes go into a new file. */
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

  /** @returns false, and appends nothing, if the buffer has no room for all of `bytes`. */
  append(bytes: Uint8Array): boolean {
    if (this.#closed) throw new Error(`${this.path} is closed`);
    if (this.#pendingBytes + bytes.length > this.#maximumBytes) return false;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#timer ??= setTimeout(() => this.#flushInBackground(), this.#flushIntervalMs);
    return true;
  }

  /** Writes everything appended so far. If the disk refuses, rejects and keeps the unwritten bytes. */
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

  /** Flushes, syncs to the disk and closes; further calls do nothing. */
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
      // Bytes appended meanwhile are behind the first piece.
      this.#pending.splice(0, 1, ...(bytesWritten < bytes.length ? [bytes.subarray(bytesWritten)] : []));
    }
  }

  /** If the file's name no longer exists, its content would be lost when the process ends. */
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
