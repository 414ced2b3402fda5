/** From a traced program to a loaded library: from the cache, or generated, compiled and kept there. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TracedProgram } from "../../../ir/traced_program.ts";
import type { GeneratedCode } from "../generated_code.ts";
import { type Library, loadLibrary } from "../library.ts";
import { runtimeHeader } from "../runtime_headers.ts";
import { cacheLocation, openCacheFolder } from "./cache_folder.ts";
import { compileSources, NoSpaceToCompile } from "./compile_sources.ts";
import { type Compiler, compilerFiles, findCompiler } from "./compiler.ts";
import { CompilerUnavailable } from "./compiler_unavailable.ts";
import { programKey } from "./program_key.ts";
import { type CacheEntry, type Description, LIBRARY, StepCache, Workplace } from "./step_cache.ts";

export type Generate = (program: TracedProgram) => GeneratedCode;

export interface CompiledStep extends Description {
  readonly library: Library;
}

/** This thread's libraries, by their keys and their cache. They stay loaded in any case. */
const loaded = new Map<string, Promise<CompiledStep>>();

/**
 * @throws CompilerUnavailable where this machine cannot compile, and what `generate` throws. A cache that cannot be used is
 *   a warning: the program is then compiled once per thread.
 */
export async function loadStep(program: TracedProgram, generate: Generate): Promise<CompiledStep> {
  const key = await programKey(program, compilerFiles());
  const location = cacheLocation();
  const name = `${location}\n${key}`;
  const known = loaded.get(name);
  if (known !== undefined) return await known;
  const step = load(program, generate, { key, location });
  loaded.set(name, step);
  step.catch(() => loaded.delete(name)); // The caller has the error; the next attempt may succeed.
  return await step;
}

interface Target {
  readonly key: string;
  readonly location: string;
}

async function load(program: TracedProgram, generate: Generate, { key, location }: Target): Promise<CompiledStep> {
  const notKept = ({ message }: Error) => warnOnce(`compiled programs are not kept in ${location}: ${message}`);
  const cache = await openCacheFolder(location).then((folder) => new StepCache(folder), notKept);
  const found = await cache?.find(key);
  const known = found && tryLoad(found);
  if (known !== undefined) return known;
  const compiler = await findCompiler();
  const claimed = await cache?.claim(key).catch(notKept);
  if (!(claimed instanceof Workplace)) {
    const theirs = claimed && tryLoad(claimed, notKept);
    return theirs ?? (await compileAndForget(generate(program), compiler));
  }
  try {
    const code = generate(program);
    try {
      await compileIn(claimed.folder, code, compiler);
      return loadEntry(await cache!.add(key, claimed, descriptionOf(code, compiler)));
    } catch (error) {
      if (error instanceof CompilerUnavailable && !(error instanceof NoSpaceToCompile)) throw error;
      notKept(error as Error);
    }
    return await compileAndForget(code, compiler);
  } finally {
    await claimed.close();
  }
}

function loadEntry({ library, description }: CacheEntry): CompiledStep {
  return { ...description, library: loadLibrary(library) };
}

/** Another process may have removed it in this moment, and the disk may forbid programs. */
function tryLoad(entry: CacheEntry, onError: (error: Error) => void = () => {}): CompiledStep | undefined {
  try {
    return loadEntry(entry);
  } catch (error) {
    onError(error as Error);
    return undefined;
  }
}

/** In a folder that is gone as soon as the library is loaded. */
async function compileAndForget(code: GeneratedCode, compiler: Compiler): Promise<CompiledStep> {
  let work: string | undefined;
  try {
    work = await mkdtemp(join(tmpdir(), "handrail-step-"));
    await compileIn(work, code, compiler);
    return { ...descriptionOf(code, compiler), library: loadLibrary(join(work, LIBRARY)) };
  } catch (error) {
    if (error instanceof CompilerUnavailable) throw error;
    throw new CompilerUnavailable(`no place for compiled steps: ${(error as Error).message}`, { cause: error });
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true }).catch(() => {});
  }
}

function descriptionOf({ slots, arenaBytes }: GeneratedCode, { name }: Compiler): Description {
  return { slots, arenaBytes, compiler: name };
}

async function compileIn(folder: string, { sources }: GeneratedCode, compiler: Compiler): Promise<void> {
  const units = [...sources.slice(0, -1), `${sources.at(-1)}\n${runtimeHeader("node_api.h")}`];
  const files = units.map((_, index) => join(folder, units.length === 1 ? "step.c" : `step_${index}.c`));
  await Promise.all(units.map((unit, index) => writeFile(files[index]!, unit, { mode: 0o600 })));
  await compileSources({ compiler, sources: files, library: join(folder, LIBRARY), temporaryFolder: folder });
  await Promise.all(files.map((file) => rm(file)));
}

let warned = false;

function warnOnce(message: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(message);
}
