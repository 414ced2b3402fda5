/**
 * Paths that come from data: a dataset's templates, a journal, a file list of the Hub. Their authors are not trusted, so
 * the paths never lead out of their folder, on any operating system and through no link.
 */
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

/** The path leads, or might lead, out of its folder. */
export class UnsafePathError extends Error {
  override readonly name = "UnsafePathError";
}

/** Longer paths are invalid on every supported system. */
const MAX_CHARACTERS = 4096;

/**
 * The problem with a path that must lead below its folder; undefined if it is safe. The same on every system: Windows
 * drives and separators are refused everywhere.
 */
export function describeUnsafePath(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.length > MAX_CHARACTERS) return `has ${path.length} characters`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: matches the characters to refuse
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
 * `path` below `root`, from its text alone.
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
 * Resolves `path` below `root` for reading. Links may lead elsewhere below the root, and to where the Hugging Face cache
 * keeps contents (`blobs/<hash>`), since its snapshots consist of such links. The root may be a link.
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
 * Resolves `path` below `root` for writing: no part of it may be a link. The root may be one.
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
