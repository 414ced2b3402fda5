/** JSON files from elsewhere, which may be hostile: bounded in size before they are read, in depth before they are parsed. */
import { parseShallowJson } from "./shallow_json.ts";
import { readTextFile } from "./text_file.ts";

/**
 * @param maxBytes larger files are refused before they are read.
 * @throws Error that says what is there instead; the message does not name the file. Its `code` is "ENOENT" without one.
 */
export async function readJsonFile(path: string, maxBytes: number): Promise<unknown> {
  return parseShallowJson(await readTextFile(path, maxBytes));
}
