/** Explains errors of the file system: which file, why, and what to do. */
import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "may not be read or written by you: change its permissions, or name another place",
  EPERM: "may not be changed by you: change its permissions, or name another place",
  EROFS: "is on a file system that cannot be written: name another place",
  EISDIR: "is a folder, and a file is needed: name another",
  ELOOP: "is a chain of links that leads nowhere: name another place",
  ENAMETOOLONG: "has too long a name: shorten it",
  ENOENT: "does not exist",
};

/** Node's format. An error from another thread has only its message. */
const MESSAGE = /^(E[A-Z]+): [^,]*, (\w+)(?: '(.*?)')?/;

/** Node also reports an installed library like this if it cannot open its files. */
const NOT_FOUND =
  /^Cannot find (?:module|package) '(.*?[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/']+).*' imported from /;
const TOO_MANY_FILES = "too many files are open: raise the limit (ulimit -n)";

/**
 * The message of a file system error in plain words, with the system's code at the end; other messages unchanged.
 */
export function describeSystemError({ message }: Error): string {
  const [, code, syscall, path] = MESSAGE.exec(message) ?? [];
  if (code === "EMFILE" || code === "ENFILE") return `${TOO_MANY_FILES} (${code})`;
  const [, library] = NOT_FOUND.exec(message) ?? [];
  if (library !== undefined && existsSync(library)) {
    return `${TOO_MANY_FILES}, and if that does not help, reinstall (${message})`;
  }
  if (code === undefined || path === undefined) return message;
  if (code === "ENOTDIR" || (code === "EEXIST" && syscall === "mkdir")) {
    const file = fileAbove(path);
    if (file === undefined) return `${path} is a link that leads nowhere: name another place (${code})`;
    return `${file} is a file, and a folder is needed: name another (${code})`;
  }
  if (code === "ENOENT" && syscall === "mkdir") {
    return `${path} cannot be made: ${dirname(path)} takes no folders: name another place (${code})`;
  }
  return ADVICE[code] ? `${path} ${ADVICE[code]} (${code})` : message;
}

/** The file or device where the path needs a folder. */
function fileAbove(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    if (isNoFolder(at)) return at;
    if (at === dirname(at)) return undefined;
  }
}

function isNoFolder(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false; // missing, or below a file
  }
}
