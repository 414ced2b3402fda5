/** Compiles C files to an addon, in child processes. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { sep } from "node:path";
import { type Compiler, firstLine } from "./compiler.ts";
import { CompilerUnavailable } from "./compiler_unavailable.ts";
import { compilerFlags } from "./flags.ts";
import { type ProgramResult, runLimited } from "./run_limited.ts";

export interface CompileSourcesOptions {
  readonly compiler: Compiler;
  /** Absolute paths, in the temporary folder. */
  readonly sources: readonly string[];
  readonly library: string;
  /** Where the compiler keeps temporary files, such as one for each of several sources. */
  readonly temporaryFolder: string;
  /** Default: two minutes. */
  readonly timeoutMs?: number;
}

/** The compiler could not write. Elsewhere it may. */
export class NoSpaceToCompile extends CompilerUnavailable {}

const TIMEOUT_MS = 120_000;
const CANNOT_WRITE =
  /No space left|quota exceeded|File too large|File size limit|Read-only file system|Input\/output error/i;

/** Compilers that did not end once: every program would wait for them as long again. */
const hung = new Map<string, CompilerUnavailable>();

/** Several sources are compiled at the same time. @throws CompilerUnavailable with the compiler's first line. */
export async function compileSources(options: CompileSourcesOptions): Promise<void> {
  const former = hung.get(options.compiler.command.join(" "));
  if (former !== undefined) throw former;
  const { required, tuning } = compilerFlags();
  const first = await attempt(options, [...required, ...tuning]);
  if (first === undefined) return;
  // An unusual processor or compiler: code that is slower still beats none.
  if (first instanceof NoSpaceToCompile || tuning.length === 0 || !isAboutFlags(first)) throw first;
  const second = await attempt(options, required);
  if (second !== undefined) throw first;
}

function isAboutFlags({ message }: Error): boolean {
  return /\b(unrecognized|unknown|unsupported|bad value|invalid)\b.*-?m(arch|cpu|prefer)|-m(arch|cpu|prefer)/i.test(
    message,
  );
}

async function attempt(
  options: CompileSourcesOptions,
  flags: readonly string[],
): Promise<CompilerUnavailable | undefined> {
  const { sources, library } = options;
  const { linking } = compilerFlags();
  if (sources.length === 1) return await runCompiler(options, [...flags, ...sources, ...linking], library);
  const objects = sources.map((source) => `${source}.o`);
  const errors = await Promise.all(
    sources.map((source, i) => runCompiler(options, [...flags, "-c", source], objects[i]!)),
  );
  const error = errors.find(Boolean) ?? (await runCompiler(options, [...flags, ...objects, ...linking], library));
  await Promise.all(objects.map((object) => rm(object, { force: true })));
  return error;
}

/** @returns what went wrong. */
async function runCompiler(
  { compiler, temporaryFolder, timeoutMs = TIMEOUT_MS }: CompileSourcesOptions,
  args: readonly string[],
  output: string,
): Promise<CompilerUnavailable | undefined> {
  let result: ProgramResult;
  try {
    const command = [...compiler.command, ...args, "-o", output] as const;
    result = await runLimited(command, { timeoutMs, temporaryFolder, background: true });
  } catch (cause) {
    const error = new CompilerUnavailable(`${compiler.name} cannot be run: ${(cause as Error).message}`, { cause });
    if ((cause as NodeJS.ErrnoException).code === "ETIMEDOUT") hung.set(compiler.command.join(" "), error);
    return error;
  }
  if (result.code === 0 && existsSync(output)) return undefined;
  const lines = result.stderr.split("\n");
  const error = lines.find((line) => /\berror\b/i.test(line)) ?? lines.find((line) => line.trim() !== "") ?? "";
  const silent = result.code === 0 ? "it wrote no library" : (result.signal ?? `exit code ${result.code}`);
  // Without the folder, which has another name each time: who repeats the reason can tell that it is the same.
  const reason = firstLine(error).replaceAll(temporaryFolder + sep, "") || silent;
  const Reason =
    CANNOT_WRITE.test(result.stderr) || result.signal === "SIGXFSZ" ? NoSpaceToCompile : CompilerUnavailable;
  return new Reason(`${compiler.name} fails: ${reason}`);
}
