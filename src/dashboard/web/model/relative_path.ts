/** Paths in a text as seen from a folder: everybody who reads it knows the folder. @param folder "" changes nothing. */
export function relativeTo(folder: string, text: string): string {
  const base = folder.replace(/\/+$/, "");
  return base === "" ? text : text.replaceAll(`${base}/`, "");
}

/** The run's folder as its config names it; empty without one. */
export function outputFolder(facts: { readonly config: Readonly<Record<string, unknown>> } | undefined): string {
  const folder = facts?.config.output_dir;
  return typeof folder === "string" ? folder : "";
}
