/** Configs and policies that ship with this package, by name; works from sources and from an installation. */
import { existsSync, readdirSync } from "node:fs";
import { join, parse } from "node:path";
import { packageRoot } from "./version.ts";

const EXTENSIONS = { configs: ".json", policies: "" } as const;
export type ShippedKind = keyof typeof EXTENSIONS;

/** The names in one of the package's folders, such as "pick_cube". */
export function shippedNames(kind: ShippedKind): string[] {
  return readdirSync(join(packageRoot(), kind)).map((file) => parse(file).name);
}

/**
 * The path of a shipped file or folder, or undefined.
 *
 * @param name "pick_cube" or, as in the documentation, "configs/pick_cube.json".
 */
export function findShipped(kind: ShippedKind, name: string): string | undefined {
  const short = name
    .replaceAll("\\", "/")
    .replace(new RegExp(`^(?:\\./)?${kind}/`), "")
    .replace(/\/$/, "");
  if (!/^[\w-]+(?:\.json)?$/.test(short)) return undefined;
  const path = join(packageRoot(), kind, `${parse(short).name}${EXTENSIONS[kind]}`);
  return existsSync(path) ? path : undefined;
}
