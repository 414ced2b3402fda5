/** MuJoCo's code, compiled once in a process: each thread would otherwise compile and optimise ten megabytes for itself. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";

/** The part that is used here of what neither Node's types nor the language's declare. */
declare const WebAssembly: {
  compile(code: Uint8Array): Promise<object>;
  instantiate(module: object, imports: unknown): Promise<object>;
};

/** Where a thread finds what the one that started it has compiled. */
const KEY = "handrail.mujoco";

let compiling: Promise<object> | undefined;

/** Threads that are started after this share the code. @throws Error where the package is not installed. */
export async function shareMuJoCoCode(): Promise<void> {
  await compiled();
}

/** For the library's factory. `failed` rejects where the code cannot run here: the library would wait for ever. */
export function withSharedCode() {
  let fail: (error: unknown) => void;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const instantiateWasm = (imports: unknown, use: (instance: object, module: object) => void) => {
    compiled()
      .then(async (module) => use(await WebAssembly.instantiate(module, imports), module))
      .catch((error) => fail(error));
    return {};
  };
  return { options: { instantiateWasm }, failed };
}

function compiled(): Promise<object> {
  compiling ??= compile();
  return compiling;
}

async function compile(): Promise<object> {
  const shared = getEnvironmentData(KEY);
  if (shared) return shared as unknown as object;
  const file = createRequire(import.meta.url).resolve("@mujoco/mujoco/mujoco.wasm");
  const module = await WebAssembly.compile(await readFile(file));
  setEnvironmentData(KEY, module as never);
  return module;
}
