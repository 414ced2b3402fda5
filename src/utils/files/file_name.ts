/** Names that people choose, as file and folder names: one level deep, on every system. */

/** Device names on Windows, with any extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** Characters that some file system refuses or gives a meaning, and the % that escapes them. */
const UNSAFE = /[%/\\:*?"<>|]|\p{C}|^\.|[. ]$/gu;
const MAX_BYTES = 200;

/**
 * A name for a file or folder: the text with unsafe characters percent-encoded. Different texts give different names.
 *
 * @throws Error for a blank text, one that is too long, and half a surrogate pair.
 */
export function fileNameOf(text: string): string {
  if (text.trim() === "") throw new Error("a name must not be blank");
  const safe = text.replace(UNSAFE, encoded);
  const name = RESERVED.test(safe) ? `${encoded(safe[0]!)}${safe.slice(1)}` : safe;
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_BYTES) throw new Error(`the name is too long: ${bytes} bytes as a file name, at most ${MAX_BYTES}`);
  return name;
}

function encoded(character: string): string {
  const bytes = Buffer.from(character, "utf8");
  if (bytes.toString("utf8") !== character) throw new Error("a name must not hold half a surrogate pair");
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
