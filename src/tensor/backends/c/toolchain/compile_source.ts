/** Compiles a C file to an addon, in a child process. */
import { existsSync } from "node:fs";
import { dirname, sep } from "node:path";
import { type Compiler, firstLine } from "./compiler.ts";
import { CompilerUnavailable } from "./compiler_unavailable.ts";
import { compilerFlags } from "./flags.ts";
import { type ProgramResult, runLimited } from "./run_limited.ts";

export interface CompileSourceOptions {
  readonly compiler: Compiler;
  /** Absolute paths. */
  readonly source: string;
  readonly library: string;
  /** Where the compiler keeps temporary files. */
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

/** @throws CompilerUnavailable with the compiler's first line. */
export async function compileSource(options: CompileSourceOptions): Promise<void> {
  const former = hung.get(options.compiler.command.join(" "));
  if (former !== undefined) throw former;
  const { required, tuning, libraries } = compilerFlags();
  const first = await attempt(options, [...required, ...tuning], libraries);
  if (first === undefined) return;
  // An unusual processor or compiler: code that is slower still beats none.
  if (first instanceof NoSpaceToCompile || tuning.length === 0 || !isAboutFlags(first)) throw first;
  const second = await attempt(options, required, libraries);
  if (second !== undefined) throw first;
}

function isAboutFlags({ message }: Error): boolean {
  return /\b(unrecognized|unknown|unsupported|bad value|invalid)\b.*-?m(arch|cpu|prefer)|-m(arch|cpu|prefer)/i.test(
    message,
  );
}

async function attempt(
  { compiler, source, library, temporaryFolder, timeoutMs = TIMEOUT_MS }: CompileSourceOptions,
  flags: readonly string[],
  libraries: readonly string[],
): Promise<CompilerUnavailable | undefined> {
  let result: ProgramResult;
  try {
    const command = [...compiler.command, ...flags, source, "-o", library, ...libraries] as const;
    result = await runLimited(command as unknown as [string, ...string[]], { timeoutMs, temporaryFolder });
  } catch (cause) {
    const error = new CompilerUnavailable(`${compiler.name} cannot be run: ${(cause as Error).message}`, { cause });
    if ((cause as NodeJS.ErrnoException).code === "ETIMEDOUT") hung.set(compiler.command.join(" "), error);
    return error;
  }
  if (result.code === 0 && existsSync(library)) return undefined;
  const lines = result.stderr.split("\n");
  const error = lines.find((line) => /\berror\b/i.test(line)) ?? lines.find((line) => line.trim() !== "") ?? "";
  const silent = result.code === 0 ? "it wrote no library" : (result.signal ?? `exit code ${result.code}`);
  // Without the folder, which has another name each time: who repeats the reason can tell that it is the same.
  const reason = firstLine(error).replaceAll(dirname(source) + sep, "") || silent;
  const Reason =
    CANNOT_WRITE.test(result.stderr) || result.signal === "SIGXFSZ" ? NoSpaceToCompile : CompilerUnavailable;
  return new Reason(`${compiler.name} fails: ${reason}`);
}
