/** System calls of a process and its children, read from `strace`. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

const TRACED = "%network,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat";

/** Whether processes can be traced here: not on every system, and not in every container. */
export const canTrace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

export interface Calls {
  /** Absolute paths of whatever was opened for writing, created, or renamed or linked to. */
  readonly written: readonly string[];
  /** `address:port` of every internet address that something was sent or connected to. */
  readonly addresses: readonly string[];
}

export interface Traced {
  readonly code: number | null;
  readonly errors: string;
  readonly calls: Calls;
}

export interface TraceOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the trace. */
  readonly file: string;
}

/** A traced process. `onErrors` is passed everything on its standard error so far. */
export async function trace(
  args: readonly string[],
  { cwd, env, file }: TraceOptions,
  onErrors: (text: string, stop: () => void) => void = () => {},
): Promise<Traced> {
  const traced = ["-f", "--seccomp-bpf", "-s", "4096", "-e", `trace=${TRACED}`, "-o", file, process.execPath, ...args];
  // A group of its own: `strace` keeps signals to itself.
  const child = spawn("strace", traced, { cwd, env, detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    onErrors(errors, () => process.kill(-child.pid!, "SIGTERM"));
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, errors, calls: readCalls(await readFile(file, "utf8"), cwd) };
}

function readCalls(text: string, cwd: string): Calls {
  const lines = wholeLines(text).filter((line) => !/ = -1 E/.test(line) || line.includes("sin_addr"));
  const written = lines.flatMap((line) => writtenPath(line) ?? []).map((path) => resolve(cwd, path));
  const addresses = lines.flatMap((line) => {
    const [, port, v4, v6] =
      /sin6?_port=htons\((\d+)\).*?(?:inet_addr\("([^"]+)"\)|AF_INET6, "([^"]+)")/.exec(line) ?? [];
    return port !== undefined && /\b(connect|sendto|sendmsg|sendmmsg)\(/.test(line) ? [`${v4 ?? v6}:${port}`] : [];
  });
  return { written: [...new Set(written)], addresses: [...new Set(addresses)] };
}

/** A call during which another process was traced has two lines, and only the second says whether it failed. */
function wholeLines(text: string): string[] {
  const begun = new Map<string, string>();
  return text.split("\n").flatMap((line) => {
    const [, begin, beginner] = /^((\d+) .*?) *<unfinished \.\.\.>$/.exec(line) ?? [];
    if (begin !== undefined) {
      begun.set(beginner!, begin);
      return [];
    }
    const [, process, end] = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/.exec(line) ?? [];
    return process === undefined ? [line] : [`${begun.get(process) ?? process}${end}`];
  });
}

function writtenPath(line: string): string | undefined {
  const [, call, rest] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
  if (call === undefined) return undefined;
  if (/^open(at)?$/.test(call) && !/O_WRONLY|O_RDWR|O_CREAT/.test(rest!)) return undefined;
  if (!/^(open(at)?|creat|mkdir(at)?|rename(at2?)?|link(at)?|symlink(at)?)$/.test(call)) return undefined;
  const paths = [...rest!.matchAll(/"((?:[^"\\]|\\.)*)"/g)];
  return paths.at(-1)?.[1];
}
