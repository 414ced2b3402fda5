/**
 * `last`, which names the checkpoint to go on from: a symbolic link, or a text file where links are not permitted. Copies
 * between machines make other things of it: those are followed, or refused with what to do.
 */
import { randomUUID } from "node:crypto";
import { readFile, readlink, realpath, rename, symlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { syncFolder, writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { CheckpointError } from "./layout.ts";

export const LAST = "last";
const LINKS_NOT_PERMITTED = new Set(["EPERM", "EACCES", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);
/** Error codes of POSIX, Windows and libuv for a path that is not a link. */
const NOT_A_LINK = new Set(["EINVAL", "UNKNOWN"]);

/**
 * The name of the folder that `last` points to, whether or not it is there: `last` itself where it is a folder, as `cp -rL`
 * and `scp -r` make it. undefined without `last`.
 *
 * @throws CheckpointError when it names something else than a folder beside it.
 */
export async function readLast(folder: string): Promise<string | undefined> {
  const path = join(folder, LAST);
  let name: string;
  try {
    name = await readlink(path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (!NOT_A_LINK.has(code)) throw error;
    const text = await readText(path);
    if (text === undefined) return LAST;
    name = text;
  }
  return await nameBeside(folder, name);
}

/** Points `last` at another folder, atomically where `last` is a link. A folder in its place is renamed for deletion. */
export async function switchLast(folder: string, name: string): Promise<void> {
  const path = join(folder, LAST);
  const staging = join(folder, `.${LAST}.${randomUUID()}.tmp`);
  try {
    await symlink(name, staging, "dir");
  } catch (error) {
    if (!LINKS_NOT_PERMITTED.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await writeFileAtomic(path, `${name}\n`);
    return;
  }
  try {
    await rename(staging, path);
  } catch {
    // A folder, or a link to a folder on Windows, is not replaced. Until the next line is done, the newest checkpoint counts.
    await rename(path, join(folder, `.${LAST}.${randomUUID()}.tmp`));
    await rename(staging, path);
  }
  await syncFolder(folder);
}

/** undefined for a folder. */
async function readText(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EISDIR") return undefined;
      throw error;
    },
  );
}

/** Absolute links, such as a junction of Windows, are followed when they lead to a folder beside `last`. */
async function nameBeside(folder: string, target: string): Promise<string> {
  const path = target.replace(/[/\\]+$/, "");
  const name = basename(path);
  if (
    name !== "" &&
    name !== ".." &&
    name !== "." &&
    (name === path || (await isSame(resolve(folder, dirname(path)), folder)))
  )
    return name;
  throw new CheckpointError(
    `${join(folder, LAST)} must name a folder beside it, but names ${JSON.stringify(target)}. If the run was copied, let it ` +
      `name its checkpoint here: a text file "${LAST}" with the folder's name in it will do`,
  );
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => realpath(path).catch(() => undefined)));
  return a !== undefined && a === b;
}
