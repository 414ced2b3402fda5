/** The beginning of a text that is too long to be shown. */
export function abbreviate(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
