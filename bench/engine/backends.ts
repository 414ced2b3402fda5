/** The backends that the engine's benchmarks compare. */
import { compiledBackend } from "../../src/tensor/backends/c/backend.ts";
import { type Backend, onnxruntimeNode } from "../../src/tensor/index.ts";

/** The first is the one whose figures have targets. */
export const BACKENDS: readonly Backend[] = [compiledBackend, onnxruntimeNode];

/** Its matrix product is the measure of the machine, and other backends' times are divided by its own. */
export const REFERENCE: Backend = onnxruntimeNode;

export function backendNamed(name: string): Backend {
  const backend = [REFERENCE, ...BACKENDS].find((each) => each.name === name);
  if (backend === undefined) throw new Error(`no benchmark runs backend "${name}"`);
  return backend;
}
