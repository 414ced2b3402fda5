/** Cleans user names, which are shown on other pages and written to the run's log. */
import { MAX_NAME_LENGTH } from "../../limits.ts";

const NAMELESS = "Anonymous";
/** Control characters, invisible marks and direction overrides. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** One printable line of at most `MAX_NAME_LENGTH` characters. */
export function personName(name: string): string {
  const printable = name.normalize("NFC").replace(UNPRINTABLE, " ").replace(/\s+/gu, " ").trim();
  const characters = [...printable].slice(0, MAX_NAME_LENGTH);
  return characters.join("").trim() || NAMELESS;
}
