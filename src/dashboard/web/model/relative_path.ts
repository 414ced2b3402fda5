/** Makes paths in a text relative to a folder. @param folder "" changes nothing. */
export function relativeTo(folder: string, text: string): string {
  const base = folder.replace(/\/+$/, "");
  return base === "" ? text : text.replaceAll(`${base}/`, "");
}

/** The config's `output_dir`; empty without one. */
export function outputFolder(facts: { readonly config: Readonly<Record<string, unknown>> } | undefined): string {
  const folder = facts?.config.output_dir;
  return typeof folder === "string" ? folder : "";
}
