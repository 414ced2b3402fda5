/** Reads untrusted JSON files: bounded in size before reading, and in depth before parsing. */
import { parseShallowJson } from "./shallow_json.ts";
import { readTextFile } from "./text_file.ts";

/**
 * @param maxBytes Larger files are refused before they are read.
 * @throws Error describing what was found instead; the message does not name the file. `code` is "ENOENT" if it is missing.
 */
export async function readJsonFile(path: string, maxBytes: number): Promise<unknown> {
  return parseShallowJson(await readTextFile(path, maxBytes));
}
