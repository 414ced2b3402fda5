/** Names that people give themselves. They are shown to others and written into the run's log. */
import { MAX_NAME_LENGTH } from "../../limits.ts";

const NAMELESS = "Somebody";
/** Controls, invisible marks, and what turns the direction of the text around it. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** One printable line of at most `MAX_NAME_LENGTH` characters. */
export function personName(name: string): string {
  const printable = name.normalize("NFC").replace(UNPRINTABLE, " ").replace(/\s+/gu, " ").trim();
  const characters = [...printable].slice(0, MAX_NAME_LENGTH);
  return characters.join("").trim() || NAMELESS;
}
