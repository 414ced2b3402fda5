/** Text from a network or a file, made safe to print: a terminal acts on control characters, and shows only the rest. */

/**
 * Control characters besides line feed and tab, the marks that reorder text (Unicode bidirectional controls), and halves
 * of surrogate pairs. The first would clear the screen, set the window's title or type into the shell; the second make a
 * line read differently from what it says.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** The text with each such character as `\u001b`, which JSON understands too. "\r\n" becomes "\n". */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(UNPRINTABLE, escaped);
}

/** The same on one line, for text that must not be able to begin a line of its own. */
export function printableLine(text: string): string {
  return printable(text).replaceAll("\n", "\\n").replaceAll("\t", " ");
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
