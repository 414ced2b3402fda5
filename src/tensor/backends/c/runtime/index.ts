/** The C headers that every generated file begins with. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const HEADERS = ["math.h", "threads.h", "products.h"] as const;

export function runtimeSource(): string {
  return HEADERS.map((name) => readFileSync(join(import.meta.dirname, name), "utf8")).join("\n");
}
