/** Names from untrusted sources: they become keys and parts of paths, and appear in terminals. */
import { printableLine } from "./printable.ts";

/** Names with a meaning in JavaScript, JSON readers or file systems. */
const RESERVED = [".", "..", "__proto__"];

/**
 * Why the text is not a valid name of 1 to `maxCharacters` characters, as the end of a sentence that begins with the
 * name's owner; undefined if it is valid. The result does not repeat the text.
 */
export function nameFault(text: string, maxCharacters: number): string | undefined {
  if (text.length < 1 || text.length > maxCharacters) return `has ${text.length} characters; 1 to ${maxCharacters} fit`;
  if (text.trim() === "") return "is blank";
  if (RESERVED.includes(text)) return `is "${text}", which means something else`;
  if (printableLine(text) !== text) return "has control characters or marks that turn text around";
  return undefined;
}
