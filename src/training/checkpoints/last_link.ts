/** `last`, which names the checkpoint to go on from: a symbolic link, or a text file where links are not permitted. */
import { randomUUID } from "node:crypto";
import { readFile, readlink, rename, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { syncFolder, writeFileAtomic } from "../../utils/write_file_atomic.ts";
import { CheckpointError } from "./layout.ts";

export const LAST = "last";
const LINKS_NOT_PERMITTED = new Set(["EPERM", "EACCES", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

/** The name of the folder that `last` points to, whether or not it is there; undefined without `last`. */
export async function readLast(folder: string): Promise<string | undefined> {
  const path = join(folder, LAST);
  const name = await readlink(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    // Windows says UNKNOWN where POSIX says EINVAL for what is not a link.
    if (error.code === "EINVAL" || error.code === "UNKNOWN") return (await readFile(path, "utf8")).trim();
    throw error;
  });
  if (name === undefined) return undefined;
  const target = name.replace(/[/\\]$/, "");
  if (target === "" || target === ".." || basename(target) !== target) {
    throw new CheckpointError(`${path} must name a folder beside it, but names ${JSON.stringify(name)}`);
  }
  return target;
}

/** Lets `last` name another folder, in one step. */
export async function switchLast(folder: string, name: string): Promise<void> {
  const aside = join(folder, `.${LAST}.${randomUUID()}.tmp`);
  try {
    await symlink(name, aside, "dir");
  } catch (error) {
    if (!LINKS_NOT_PERMITTED.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await writeFileAtomic(join(folder, LAST), `${name}\n`);
    return;
  }
  await rename(aside, join(folder, LAST));
  await syncFolder(folder);
}
