/** Truncates a text that is too long to show. */
export function abbreviate(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
