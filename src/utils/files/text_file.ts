/** Text files from people and other systems: byte-order marks, UTF-16, and files that are not text at all. */
import { readFile, stat } from "node:fs/promises";
import { isLfsPointer, LFS_POINTER_PROBLEM } from "../hub/lfs_pointer.ts";

/**
 * Reads a text file in UTF-8, or in UTF-16 with a byte-order mark. The mark is not part of the text.
 *
 * @param maxBytes Larger files are refused before they are read.
 * @throws Error describing what was found instead: nothing, a folder, a file that is too large or not text, a Git LFS
 *   pointer. The message does not name the file.
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") throw cause;
    throw Object.assign(new Error("no such file", { cause }), { code: "ENOENT" });
  });
  if (found.isDirectory()) throw new Error("is a folder: name the file in it");
  if (!found.isFile()) throw new Error("is not a regular file");
  if (found.size > maxBytes) throw new Error(`is ${found.size} bytes long; at most ${maxBytes} are read`);
  const text = decodeText(await readFile(path));
  if (isLfsPointer(text)) throw new Error(LFS_POINTER_PROBLEM);
  return text;
}

/** @throws Error for bytes that are not text. */
function decodeText(bytes: Buffer): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error("is not text in UTF-8", { cause });
  }
  if (text.includes("\0")) throw new Error("is not text in UTF-8: it contains zero bytes");
  return text;
}
