/** What a compiled library exports: see `runtime/node_api.h`. */
import { constants } from "node:os";

export interface Library {
  createPool(threads: number): number;
  releasePool(pool: number): void;
  create(pool: number, arenaBytes: number, slots: number): number;
  run(session: number, table: Float64Array): void;
  release(session: number): void;
  address(array: ArrayBufferView): number;
}

/** @throws Error if the file cannot be loaded, or a function that it needs is missing. */
export function loadLibrary(path: string): Library {
  const module = { exports: {} as Library };
  // All symbols at once: a missing one is an error here, not the end of the process later.
  process.dlopen(module, path, constants.dlopen.RTLD_NOW);
  return module.exports;
}
