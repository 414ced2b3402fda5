/** MuJoCo's code, compiled once in a process: each thread would otherwise compile and optimise ten megabytes for itself. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";

/** The part of WebAssembly's API used here. The type libraries of this project do not declare it. */
declare const WebAssembly: {
  compile(code: Uint8Array): Promise<object>;
  instantiate(module: object, imports: unknown): Promise<object>;
};

/** Key under which a thread finds the code that its parent compiled. */
const KEY = "handrail.mujoco";

let compiling: Promise<object> | undefined;

/** Threads that are started after this share the code. @throws Error where the package is not installed. */
export async function shareMuJoCoCode(): Promise<void> {
  await compiled();
}

/** For the library's factory. `failed` rejects if the code cannot run; the library would wait forever. */
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
