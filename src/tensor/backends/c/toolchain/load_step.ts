/** From a traced program to a loaded library: from the cache, or generated, compiled and kept there. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TracedProgram } from "../../../ir/traced_program.ts";
import type { GeneratedCode } from "../generated_code.ts";
import { type Library, loadLibrary } from "../library.ts";
import { runtimeHeader } from "../runtime_headers.ts";
import { cacheLocation, openCacheFolder } from "./cache_folder.ts";
import { compileSource, NoSpaceToCompile } from "./compile_source.ts";
import { type Compiler, findCompiler } from "./compiler.ts";
import { CompilerUnavailable } from "./compiler_unavailable.ts";
import { programKey } from "./program_key.ts";
import { type CacheEntry, type Layout, LIBRARY, StepCache } from "./step_cache.ts";

export type Generate = (program: TracedProgram) => GeneratedCode;

export interface CompiledStep extends Layout {
  readonly library: Library;
  /** What compiled it, such as "gcc 12.2.0". */
  readonly compiler: string;
}

/** This thread's libraries, by their keys and their cache. They stay loaded in any case. */
const loaded = new Map<string, Promise<CompiledStep>>();

/**
 * @throws CompilerUnavailable where this machine cannot compile, and what `generate` throws. A cache that cannot be used is
 *   a warning: the program is then compiled once per thread.
 */
export async function loadStep(program: TracedProgram, generate: Generate): Promise<CompiledStep> {
  const asked = findCompiler();
  const key = await programKey(program, asked);
  const compiler = await asked;
  const location = cacheLocation();
  const name = `${location}\n${key}`;
  const known = loaded.get(name);
  if (known !== undefined) return await known;
  const step = load(program, generate, { compiler, key, location });
  loaded.set(name, step);
  step.catch(() => loaded.delete(name)); // The caller has the error; the next attempt may succeed.
  return await step;
}

interface Target {
  readonly compiler: Compiler;
  readonly key: string;
  readonly location: string;
}

async function load(program: TracedProgram, generate: Generate, target: Target): Promise<CompiledStep> {
  const { compiler, key, location } = target;
  const notKept = ({ message }: Error) => warnOnce(`compiled programs are not kept in ${location}: ${message}`);
  const step = (library: Library, { slots, arenaBytes }: Layout): CompiledStep => {
    return { library, slots, arenaBytes, compiler: compiler.name };
  };
  const cache = await openCacheFolder(location).then((folder) => new StepCache(folder), notKept);
  const found = await cache?.find(key);
  const known = found && tryLoad(found);
  if (known !== undefined) return step(known, found!.layout);
  const code = generate(program);
  if (cache !== undefined) {
    try {
      const { library, layout } = await compileInto(cache, key, code, compiler);
      return step(loadLibrary(library), layout);
    } catch (error) {
      if (error instanceof CompilerUnavailable && !(error instanceof NoSpaceToCompile)) throw error;
      notKept(error as Error);
    }
  }
  return step(await compileAndForget(code, compiler), code);
}

/** Another process may have removed it in this moment, and the disk may forbid programs. */
function tryLoad({ library }: CacheEntry): Library | undefined {
  try {
    return loadLibrary(library);
  } catch {
    return undefined;
  }
}

async function compileInto(
  cache: StepCache,
  key: string,
  code: GeneratedCode,
  compiler: Compiler,
): Promise<CacheEntry> {
  const work = await cache.makeWorkFolder();
  try {
    await compileIn(work, code, compiler);
    return await cache.add(key, work, code);
  } catch (error) {
    await rm(work, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** In a folder that is gone as soon as the library is loaded. */
async function compileAndForget(code: GeneratedCode, compiler: Compiler): Promise<Library> {
  let work: string | undefined;
  try {
    work = await mkdtemp(join(tmpdir(), "handrail-step-"));
    await compileIn(work, code, compiler);
    return loadLibrary(join(work, LIBRARY));
  } catch (error) {
    if (error instanceof CompilerUnavailable) throw error;
    throw new CompilerUnavailable(`no place for compiled steps: ${(error as Error).message}`, { cause: error });
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true }).catch(() => {});
  }
}

async function compileIn(folder: string, { source }: GeneratedCode, compiler: Compiler): Promise<void> {
  const file = join(folder, "step.c");
  await writeFile(file, `${source}\n${runtimeHeader("node_api.h")}`, { mode: 0o600 });
  await compileSource({ compiler, source: file, library: join(folder, LIBRARY), temporaryFolder: folder });
  await rm(file);
}

let warned = false;

function warnOnce(message: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(message);
}
