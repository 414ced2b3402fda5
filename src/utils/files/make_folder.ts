import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` tries for ever where the file system says
 * ENOENT below a folder that exists, as /proc and automounted folders do.
 *
 * @returns the uppermost folder that was made; undefined where all were there.
 * @throws the system's error of `mkdir`.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  if (await made(path, "ENOENT")) return path;
  if (await isFolder(path)) return undefined;
  const firstMade = await makeFolder(dirname(path));
  return (await made(path)) ? (firstMade ?? path) : firstMade;
}

/** Whether this call made it; false where it is there, or for the code `expected`. */
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
