/**
 * Git LFS stores large files elsewhere: a clone without it (or with GIT_LFS_SKIP_SMUDGE) holds small text files instead,
 * which readers of the real format would call corrupt.
 */
import { open } from "node:fs/promises";

const BEGINNING = "version https://git-lfs.github.com/spec/";
/** Pointers are below 1024 bytes by specification. */
const MAX_BYTES = 1024;

/** The problem with a pointer file, to follow its name. */
export const LFS_POINTER_PROBLEM = "is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`";

/** @param content The beginning of a file, at least. */
export function isLfsPointer(content: Uint8Array | string): boolean {
  const start = typeof content === "string" ? content : Buffer.from(content.subarray(0, BEGINNING.length)).toString();
  return start.startsWith(BEGINNING);
}

/** Whether the file at `path` is a pointer; false when it cannot be read. */
export async function isLfsPointerFile(path: string): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    if ((await file.stat()).size > MAX_BYTES) return false;
    const { buffer, bytesRead } = await file.read(new Uint8Array(BEGINNING.length), 0, BEGINNING.length, 0);
    return isLfsPointer(buffer.subarray(0, bytesRead));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}
