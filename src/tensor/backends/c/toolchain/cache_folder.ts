/** Where compiled programs are kept between processes, and whether that place can be trusted. */
import { chmod, lstat, mkdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { makeFolder } from "../../../../utils/files/make_folder.ts";

/** The folder of compiled programs: HANDRAIL_CACHE/compiled, or in the user's cache folder of the system. */
export function cacheLocation(
  environment: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): string {
  const { HANDRAIL_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  const absolute = (path: string | undefined) => (path !== undefined && isAbsolute(path) ? path : undefined);
  if (HANDRAIL_CACHE) return join(HANDRAIL_CACHE, "compiled");
  const system =
    platform === "win32"
      ? (absolute(LOCALAPPDATA) ?? join(homedir(), "AppData", "Local"))
      : platform === "darwin"
        ? join(homedir(), "Library", "Caches")
        : (absolute(XDG_CACHE_HOME) ?? join(homedir(), ".cache"));
  return join(system, "handrail", "compiled");
}

/**
 * Makes the folder, for this user alone.
 *
 * @returns its real path.
 * @throws Error naming the folder that another user could put code into, or the system's error.
 */
export async function openCacheFolder(path: string): Promise<string> {
  await makeFolder(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const folder = await realpath(path);
  await assertOwn(folder);
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    await assertNotReplaceable(parent);
    if (parent === dirname(parent)) return folder;
  }
}

const OTHERS_MAY_WRITE = 0o022;
const OTHERS = 0o077;
const ANYONE_MAY_WRITE = 0o002;
/** In such a folder, each may rename and remove only what is theirs. */
const STICKY = 0o1000;

async function assertOwn(folder: string): Promise<void> {
  const { mode, uid } = await lstat(folder);
  if (uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user`);
  if ((mode & OTHERS_MAY_WRITE) !== 0) throw new Error(`${folder} can be written by others`);
  if ((mode & OTHERS) !== 0) await chmod(folder, 0o700);
}

/** Who may write to a folder above can put another one in the place of ours. A group may be the user's own. */
async function assertNotReplaceable(folder: string): Promise<void> {
  const { mode, uid } = await lstat(folder);
  if (uid !== 0 && uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user`);
  if ((mode & ANYONE_MAY_WRITE) !== 0 && (mode & STICKY) === 0) throw new Error(`${folder} can be written by others`);
}
