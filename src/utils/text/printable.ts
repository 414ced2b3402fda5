/** Makes text from a network or a file safe to print: terminals act on control characters. */

/**
 * Control characters besides line feed and tab, the marks that reorder text (Unicode bidirectional controls), and halves
 * of surrogate pairs. Control characters could clear the screen, set the window's title or type into the shell; reordering
 * marks make a line read differently from its content.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: matches the characters to escape.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** The text with each of these characters as `\u001b`, which is also valid JSON. "\r
" becomes "
". */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(UNPRINTABLE, escaped);
}

/** The same on one line, for text that must not start a line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll("\n", "\\n").replaceAll("\t", " ");
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
