/** Prints commands that can be pasted: they start Handrail the way this process was started. */
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, delimiter, isAbsolute, join, relative, resolve } from "node:path";
import { shellWord } from "../utils/text/shell_word.ts";

/** How this process was started. */
export interface Invocation {
  /** `process.argv`: the program, the script, and the arguments. */
  readonly argv: readonly string[];
  /** `process.execArgv`: options of Node. */
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform?: NodeJS.Platform;
}

/** Set by scripts/bootstrap.mjs: the command whose arguments it passes on, and their first word. */
export const STARTED_AS_VARIABLE = "HANDRAIL_STARTED_AS";

const thisProcess = (): Invocation => ({
  argv: process.argv,
  execArgv: process.execArgv,
  env: process.env,
  cwd: process.cwd(),
  platform: process.platform,
});

/** `handrail <args>` as it works in the shell in which this process was started, quoted where needed. */
export function commandLine(args: readonly string[], invocation = thisProcess()): string {
  const { env, platform = "linux" } = invocation;
  const [command, ...rest] = args;
  // `npm start` already includes the command.
  const npm = env[STARTED_AS_VARIABLE];
  const words =
    npm === `npm start ${command}` ? [...npmStart(invocation), ...rest] : [...launcher(invocation), ...args];
  return words.map((word) => shellWord(word, platform)).join(" ");
}

/** npm runs scripts in the package's folder; `INIT_CWD` is where the user ran it. */
function npmStart({ env, cwd }: Invocation): string[] {
  const from = env.INIT_CWD ?? cwd;
  const isInside = !relative(cwd, from).startsWith("..") && !isAbsolute(relative(cwd, from));
  return ["npm", ...(isInside ? [] : ["--prefix", cwd]), "start", "--"];
}

function launcher(invocation: Invocation): string[] {
  const { argv, execArgv, env, cwd } = invocation;
  const script = argv[1] ?? "handrail";
  const name = basename(script).replace(/\.[cm]?[jt]s$/, "");
  if (name === "handrail" || isInstalled(script)) {
    // npm adds its folders to PATH for its own child processes only.
    if (env.npm_execpath === undefined && isOnPath("handrail", script, env)) return ["handrail"];
    const local = join(cwd, "node_modules/.bin/handrail");
    if (env.npm_command === "exec" || isSameFile(local, script)) return ["npx", "handrail"];
  }
  return ["node", ...nodeOptions(execArgv, cwd), pathFrom(cwd, script)];
}

function isInstalled(script: string): boolean {
  return script.split(/[\\/]/).includes("node_modules");
}

function isOnPath(name: string, script: string, env: Invocation["env"]): boolean {
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  return found !== undefined && isSameFile(found, script);
}

function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

/** Replaces the options of the tsx command, which name its internal files, by `--import tsx`. */
function nodeOptions(execArgv: readonly string[], cwd: string): string[] {
  const isTsx = (word: string) => /[\\/]tsx[\\/]dist[\\/]/.test(word);
  if (!execArgv.some(isTsx)) return [...execArgv];
  const others = execArgv.filter((word, i) => !isTsx(word) && !isTsx(execArgv[i + 1] ?? ""));
  return ["--import", resolvesFrom(cwd, "tsx") ? "tsx" : execArgv.findLast(isTsx)!, ...others];
}

function resolvesFrom(cwd: string, name: string): boolean {
  try {
    createRequire(join(cwd, "any.js")).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** The shorter of the absolute and the relative path. */
export function pathFrom(cwd: string, path: string): string {
  const absolute = resolve(cwd, path);
  const shown = relative(cwd, absolute);
  return shown === "" || shown.startsWith("..") || isAbsolute(shown) ? absolute : shown;
}
