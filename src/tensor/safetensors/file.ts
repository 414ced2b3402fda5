/** safetensors on disk: tensors are read one at a time, on demand; files are replaced atomically. */
import { type FileHandle, open } from "node:fs/promises";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { isLfsPointerFile, LFS_POINTER_PROBLEM } from "../../utils/hub/lfs_pointer.ts";
import type { Tensor } from "../tensor.ts";
import { decodeTensor, encodeSafetensors, type SafetensorsContent } from "./bytes.ts";
import { PREFIX_BYTES, type SafetensorsEntry, SafetensorsError, type SafetensorsHeader } from "./format.ts";
import { decodeHeader, decodeHeaderLength } from "./header.ts";
import type { Metadata, TensorRecord } from "./layout.ts";

/** An open safetensors file. Only its header is in memory. */
export class SafetensorsFile {
  readonly path: string;
  readonly metadata: Metadata;
  readonly #entries: SafetensorsHeader["entries"];
  readonly #handle: FileHandle;
  readonly #dataStart: number;
  #closed = false;

  constructor(path: string, handle: FileHandle, header: SafetensorsHeader, dataStart: number) {
    this.path = path;
    this.metadata = header.metadata;
    this.#entries = header.entries;
    this.#handle = handle;
    this.#dataStart = dataStart;
  }

  /** The tensors' names, in the order of their bytes. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Shape, element type and location of a tensor, without reading it. @throws SafetensorsError for an unknown name. */
  entry(name: string): SafetensorsEntry {
    const entry = this.#entries.get(name);
    if (entry) return entry;
    const some = this.names.slice(0, 8).join(", ");
    const more = this.#entries.size > 8 ? `, … (${this.#entries.size} in all)` : "";
    throw new SafetensorsError(`${this.path}: no tensor "${name}"; the file has ${some || "none"}${more}`);
  }

  /** Reads one tensor. Calls may overlap. @throws SafetensorsError as `parseSafetensors` does. */
  async read(name: string): Promise<Tensor> {
    if (this.#closed) throw new SafetensorsError(`${this.path}: tensor "${name}": the file is closed`);
    const entry = this.entry(name);
    const bytes = new Uint8Array(entry.end - entry.begin);
    await readFully(this.#handle, bytes, this.#dataStart + entry.begin, `${this.path}: tensor "${name}"`);
    return decodeTensor(entry, bytes.buffer, this.path);
  }

  /** Frees the file; reading afterwards fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#handle.close();
  }
}

/**
 * Opens a file and checks its header against its size. Close it when done.
 *
 * @throws SafetensorsError for a malformed file or a Git LFS pointer; the file system's error if it cannot be opened.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  if (await isLfsPointerFile(path)) throw new SafetensorsError(`${path}: ${LFS_POINTER_PROBLEM}`);
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const prefix = new Uint8Array(Math.min(PREFIX_BYTES, size));
    await readFully(handle, prefix, 0, path);
    const header = new Uint8Array(decodeHeaderLength(prefix, size, path));
    await readFully(handle, header, PREFIX_BYTES, path);
    const dataStart = PREFIX_BYTES + header.byteLength;
    return new SafetensorsFile(path, handle, decodeHeader(header, size - dataStart, path), dataStart);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reads a whole file. @throws like `openSafetensors` and `SafetensorsFile.read`. */
export async function loadSafetensors(path: string): Promise<SafetensorsContent> {
  const file = await openSafetensors(path);
  try {
    const tensors: [string, Tensor][] = [];
    for (const name of file.names) tensors.push([name, await file.read(name)]);
    return { tensors: Object.fromEntries(tensors), metadata: file.metadata };
  } finally {
    await file.close();
  }
}

/**
 * Writes a file, replacing an older one atomically: a crash leaves the old file or the new one. The tensors' own memory is
 * written, without a copy: leave it unchanged until the promise resolves.
 *
 * @throws SafetensorsError for a name or metadata that the format cannot hold.
 */
export async function saveSafetensors(path: string, tensors: TensorRecord, metadata: Metadata = {}): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/** Fills `target` from `position`: a single read may return less, and reads at most 2 GiB. */
async function readFully(handle: FileHandle, target: Uint8Array, position: number, what: string): Promise<void> {
  let filled = 0;
  while (filled < target.byteLength) {
    const length = Math.min(target.byteLength - filled, 2 ** 30);
    const { bytesRead } = await handle.read(target, filled, length, position + filled);
    if (bytesRead === 0) throw new SafetensorsError(`${what}: the file ended early; did another program change it?`);
    filled += bytesRead;
  }
}
