/** The C headers of the runtime: in `runtime/` of the sources, and in `c_runtime/` beside the bundle of the package. */
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL(import.meta.url.endsWith(".ts") ? "./runtime/" : "./c_runtime/", import.meta.url);

/** @param name such as "threads.h". */
export function runtimeHeader(name: string): string {
  return readFileSync(new URL(name, FOLDER), "utf8");
}

/** The names of all headers, sorted. */
export function runtimeHeaders(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".h"))
    .sort();
}
