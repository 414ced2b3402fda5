/** Finds the C compiler: the environment variable CC, else cc, clang or gcc. */
import { realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CompilerUnavailable } from "./compiler_unavailable.ts";
import { type ProgramResult, runLimited } from "./run_limited.ts";

export interface Compiler {
  readonly command: readonly [string, ...string[]];
  /** Such as "gcc 12.2.0". */
  readonly name: string;
}

const CANDIDATES = ["cc", "clang", "gcc"];
const TIMEOUT_MS = 20_000;
/** What the commands in /usr/bin call on macOS. */
const APPLE_COMPILERS = [
  "/Library/Developer/CommandLineTools/usr/bin/clang",
  "/Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/bin/clang",
];

/**
 * The programs that `findCompiler` would ask, as files: path, size and time of the last change. Another version is another
 * file. To ask for the version takes a process, and more time than all the rest of a start with a cached program.
 */
export function compilerFiles(): string {
  const { CC = "", PATH = "" } = process.env;
  const words = CC.trim() === "" ? CANDIDATES : CC.trim().split(/\s+/);
  const paths = words.flatMap((word) =>
    word.includes("/") ? [word] : PATH.split(delimiter).map((folder) => join(folder, word)),
  );
  return [...paths, ...(process.platform === "darwin" ? APPLE_COMPILERS : [])]
    .map(describeFile)
    .filter(Boolean)
    .join("\n");
}

function describeFile(path: string): string {
  try {
    const file = statSync(path);
    return file.isFile() ? `${realpathSync(path)} ${file.size} ${file.mtimeMs}` : "";
  } catch {
    return ""; // It does not exist, or is nothing for this user.
  }
}

/** Asking costs milliseconds, and every program that is compiled asks. By what decides the answer. */
const found = new Map<string, Promise<Compiler>>();

/** @throws CompilerUnavailable saying what to install. */
export function findCompiler(): Promise<Compiler> {
  const { CC = "", PATH = "" } = process.env;
  const key = JSON.stringify([CC, PATH]);
  const known = found.get(key) ?? search(CC.trim());
  found.set(key, known);
  return known;
}

async function search(chosen: string): Promise<Compiler> {
  if (process.platform === "win32") throw new CompilerUnavailable("steps are not compiled on Windows");
  if (chosen !== "") {
    const found = await ask(chosen.split(/\s+/) as [string, ...string[]]);
    if (typeof found === "string") throw new CompilerUnavailable(`the C compiler of CC="${chosen}" ${found}`);
    return found;
  }
  if (process.platform === "darwin" && !(await hasDeveloperTools())) {
    throw new CompilerUnavailable("no C compiler found: install one with `xcode-select --install`");
  }
  const problems: string[] = [];
  for (const name of CANDIDATES) {
    const found = await ask([name]);
    if (typeof found !== "string") return found;
    if (found !== MISSING) problems.push(`${name} ${found}`);
  }
  throw new CompilerUnavailable(problems[0] ?? "no C compiler found: install gcc or clang");
}

const MISSING = "does not exist";

/** The compiler, or what is wrong with it. */
async function ask(command: readonly [string, ...string[]]): Promise<Compiler | string> {
  let result: ProgramResult;
  try {
    result = await runLimited([...command, "--version"], { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? MISSING : `cannot be run (${message})`;
  }
  if (result.code !== 0) return `cannot tell its version: ${firstLine(result.stderr) || `exit code ${result.code}`}`;
  const version = result.stdout.trim();
  return { command, name: nameOf(version, command) };
}

function nameOf(version: string, command: readonly string[]): string {
  const line = firstLine(version);
  const number =
    /(\d+\.\d+(?:\.\d+)?)(?:\D*$|\s*\(clang)/.exec(line)?.[1] ?? /\d+\.\d+(?:\.\d+)?/.exec(line)?.[0] ?? "";
  const name = /clang/.test(line) ? "clang" : /gcc|Free Software Foundation/i.test(version) ? "gcc" : command.join(" ");
  return `${name} ${number}`.trim();
}

/** Without them, macOS answers a call of cc with a window that asks whether to install them. */
async function hasDeveloperTools(): Promise<boolean> {
  const { code } = await runLimited(["xcode-select", "-p"], { timeoutMs: TIMEOUT_MS }).catch(() => ({ code: 1 }));
  return code === 0;
}

export function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0]!.slice(0, 200);
}
