/** Paths in a text as seen from a folder: everybody who reads it knows the folder. @param folder "" changes nothing. */
export function relativeTo(folder: string, text: string): string {
  const base = folder.replace(/\/+$/, "");
  return base === "" ? text : text.replaceAll(`${base}/`, "");
}
