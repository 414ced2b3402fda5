/** Files that come with this package: configs and policies by their name, whether it runs from sources or installed. */
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
 * The path of something that comes with the package, or undefined.
 *
 * @param name as in "pick_cube" or, as the documentation writes it, "configs/pick_cube.json".
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
