/** Replaces a file so that a reader, or a crash at any moment, finds the old content or the new one, never a mixture. */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes aside in the same folder, flushes to the disk, then renames over `path`. An existing file's permissions are
 * kept. When anything fails the old file is untouched and nothing is left behind.
 *
 * @param content Text (UTF-8), bytes, or pieces to be written one after another.
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  const folder = dirname(path);
  const aside = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  const file = await open(aside, "wx", await permissionsOf(path));
  try {
    try {
      await writePieces(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function writePieces(file: FileHandle, content: FileContent): Promise<void> {
  const whole = typeof content === "string" || content instanceof Uint8Array;
  for await (const piece of whole ? [content] : content) {
    // Unlike `write`, this goes on after a partial write; on a handle it continues at the current position.
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
