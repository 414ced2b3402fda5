/** This package's folder and version, from sources or built. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NAME = "handrail";

export function packageVersion(): string {
  return findPackage().version;
}

/** The folder that holds this package's `package.json`, `configs` and `policies`. */
export function packageRoot(): string {
  return findPackage().folder;
}

function findPackage(): { readonly folder: string; readonly version: string } {
  for (const up of ["..", "../.."]) {
    const url = new URL(`${up}/package.json`, import.meta.url);
    const found = readPackage(url);
    if (found?.name === NAME) return { folder: fileURLToPath(new URL(".", url)), version: found.version };
  }
  throw new Error(`${NAME}'s package.json is missing: the installation is incomplete`);
}

function readPackage(url: URL): { readonly name?: string; readonly version: string } | undefined {
  try {
    return JSON.parse(readFileSync(url, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
