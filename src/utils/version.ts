/** The version of this package, as its `package.json` says, whether it runs from sources or built. */
import { readFileSync } from "node:fs";

const NAME = "handrail";

export function packageVersion(): string {
  for (const up of ["..", "../.."]) {
    const found = readPackage(new URL(`${up}/package.json`, import.meta.url));
    if (found?.name === NAME) return found.version;
  }
  throw new Error(`${NAME}'s package.json is missing: the installation is not whole`);
}

function readPackage(url: URL): { readonly name?: string; readonly version: string } | undefined {
  try {
    return JSON.parse(readFileSync(url, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
