/** One word for a shell, quoted if necessary. */
export function shellWord(word: string, platform: NodeJS.Platform = process.platform): string {
  if (/^[\w@%+=:,./~-]+$/.test(word) && !word.startsWith("~")) return word;
  if (platform === "win32") return /^[\w\\@%+=:,./-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
