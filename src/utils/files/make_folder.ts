import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates a folder and its missing parents. Node's own `recursive` retries for ever where the file system reports ENOENT
 * below an existing folder, as /proc and automounted folders do.
 *
 * @returns the uppermost folder that was created; undefined if all existed.
 * @throws the system's `mkdir` error.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  if (await made(path, "ENOENT")) return path;
  if (await isFolder(path)) return undefined;
  const firstMade = await makeFolder(dirname(path));
  return (await made(path)) ? (firstMade ?? path) : firstMade;
}

/** Whether this call created it; false if it exists, or for the code `expected`. */
async function made(path: string, expected?: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code === expected && dirname(path) !== path) || (await isFolder(path))) return false;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
