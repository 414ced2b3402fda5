/** Names that others choose: they become keys and parts of paths, and a terminal shows them. */
import { printableLine } from "./printable.ts";

/** What JavaScript, JSON readers or file systems give a meaning of its own. */
const RESERVED = [".", "..", "__proto__"];

/**
 * Why the text is no name of 1 to `maxCharacters` characters, as the end of a sentence that begins with the name's
 * owner; undefined for a good one. The answer does not repeat the text.
 */
export function nameFault(text: string, maxCharacters: number): string | undefined {
  if (text.length < 1 || text.length > maxCharacters) return `has ${text.length} characters; 1 to ${maxCharacters} fit`;
  if (text.trim() === "") return "is blank";
  if (RESERVED.includes(text)) return `is "${text}", which means something else`;
  if (printableLine(text) !== text) return "has control characters or marks that turn text around";
  return undefined;
}
