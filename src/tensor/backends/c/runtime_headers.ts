/** The C headers of the runtime: in `runtime/` of the sources, and in `c_runtime/` of the package's bundle. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let folder: string | undefined;

/** @param name such as "threads.h". @throws Error if the package is incomplete. */
export function runtimeHeader(name: string): string {
  folder ??= findHeaders(fileURLToPath(import.meta.url));
  return readFileSync(join(folder, name), "utf8");
}

/** The names of all headers, sorted. */
export function runtimeHeaders(): string[] {
  folder ??= findHeaders(fileURLToPath(import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".h"))
    .sort();
}

/** A bundler may put this module into a file below the bundle's folder. */
function findHeaders(module: string): string {
  if (module.endsWith(".ts")) return join(dirname(module), "runtime");
  for (let above = dirname(module); ; above = dirname(above)) {
    const headers = join(above, "c_runtime");
    if (existsSync(headers)) return headers;
    if (above === dirname(above)) {
      throw new Error(`the C headers are missing beside ${module}: the package is incomplete; install it again`);
    }
  }
}
