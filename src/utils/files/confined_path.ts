/**
 * Paths that come from data: a dataset's templates, a journal, a file list of the Hub. Whoever wrote them may be anybody,
 * so they never lead out of the folder they belong to, on any operating system and through no link.
 */
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

/** A path that leads, or might lead, out of its folder. */
export class UnsafePathError extends Error {
  override readonly name = "UnsafePathError";
}

/** Longer paths are no path on any system that this runs on. */
const MOST_CHARACTERS = 4096;

/**
 * What is wrong with a path that must lead to a place below its folder; undefined when nothing is. The same on every
 * system: what would be a drive or a separator on Windows is refused elsewhere, too.
 */
export function describeUnsafePath(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.length > MOST_CHARACTERS) return `has ${path.length} characters`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that must not be there
  if (/[\u0000-\u001f]/.test(path)) return "contains a control character";
  if (path.includes("\\")) return 'contains "\\"';
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "is absolute";
  const parts = path.split("/");
  if (parts.includes("..")) return 'contains ".."';
  // "." and "" in the middle would be two names of one file.
  if (parts.includes("") || parts.includes(".")) return "has an empty part";
  return undefined;
}

/**
 * `path` below `root`, by its text alone.
 * @param path Relative, with forward slashes.
 * @throws UnsafePathError when it could lead elsewhere.
 */
export function confinedPath(root: string, path: string): string {
  const problem = describeUnsafePath(path);
  if (problem)
    throw new UnsafePathError(`the path ${JSON.stringify(short(path))} ${problem}: it leads out of its folder`);
  return join(root, path);
}

/**
 * Where to read `path` below `root`. Links may lead to another place below the root, and to where the Hugging Face cache
 * keeps contents (`blobs/<hash>`), since a snapshot in it is nothing but such links. The root itself may be a link.
 * @throws UnsafePathError when the text or a link leads elsewhere. A file that is missing is not an error here.
 */
export async function readablePath(root: string, path: string): Promise<string> {
  const target = confinedPath(root, path);
  const real = await realpath(target).catch(() => undefined);
  if (real === undefined) return target;
  const realRoot = await realpath(root);
  if (isBelow(realRoot, real) || isCachedBlob(real)) return target;
  throw new UnsafePathError(`${JSON.stringify(short(path))} is a link out of its folder, to ${real}`);
}

/**
 * Where to write `path` below `root`: nothing on the way may be a link, wherever it leads. The root itself may be one.
 * @throws UnsafePathError naming the link.
 */
export async function writablePath(root: string, path: string): Promise<string> {
  const target = confinedPath(root, path);
  let current = root;
  for (const part of path.split("/")) {
    current = join(current, part);
    const found = await lstat(current).catch(() => undefined);
    if (found === undefined) break;
    if (found.isSymbolicLink()) throw new UnsafePathError(`"${current}" is a link: nothing is written through it`);
  }
  return target;
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Content in the Hub's cache is named by its hash: Git's or SHA-256. */
function isCachedBlob(path: string): boolean {
  const blobs = dirname(path);
  return (
    basename(blobs) === "blobs" &&
    /^(models|datasets|spaces)--/.test(basename(dirname(blobs))) &&
    /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(basename(path))
  );
}

const short = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}…` : path);
