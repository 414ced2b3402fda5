/** Replaces a file so that a reader, or a crash at any moment, finds either the old content or the new one. */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a temporary file in the same folder, flushes it to the disk, then renames it over `path`. An existing file's
 * permissions are kept. On failure the old file is untouched and nothing is left behind.
 *
 * @param content Text (UTF-8), bytes, or pieces to write in order.
 * @throws Error with the file system's code; if the disk is full, naming the file and the free space.
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  const folder = dirname(path);
  const staging = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  const file = await open(staging, "wx", await permissionsOf(path));
  try {
    try {
      await writePieces(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(staging, path);
  } catch (error) {
    await rm(staging, { force: true });
    throw await explainFullDisk(error, path, content);
  }
  await syncFolder(folder);
}

const MEBIBYTE = 2 ** 20;

/** The system's own error names neither the file nor the size. */
async function explainFullDisk(error: unknown, path: string, content: FileContent): Promise<unknown> {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  const size = typeof content === "string" || content instanceof Uint8Array ? Buffer.byteLength(content) : undefined;
  const needed = size === undefined ? "" : `${size} bytes are needed, `;
  const free = await statfs(dirname(path)).then(
    ({ bavail, bsize }) => `${((bavail * bsize) / MEBIBYTE).toFixed(1)} MiB are free`,
    () => "the free space is unknown",
  );
  const reason = code === "ENOSPC" ? "the disk is full" : "the quota is used up";
  const message = `${path} cannot be written: ${reason} (${code}; ${needed}${free}). Free some space and try again`;
  return Object.assign(new Error(message, { cause: error }), { code });
}

async function writePieces(file: FileHandle, content: FileContent): Promise<void> {
  const whole = typeof content === "string" || content instanceof Uint8Array;
  for await (const piece of whole ? [content] : content) {
    // Unlike `write`, continues after a partial write; on a handle it starts at the current position.
    await file.writeFile(piece);
  }
}

async function permissionsOf(path: string): Promise<number> {
  const existing = await stat(path).catch(() => undefined);
  return existing ? existing.mode & 0o777 : 0o666;
}

/** Makes the rename itself survive a power failure. Windows cannot open a folder, and needs no such step. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
