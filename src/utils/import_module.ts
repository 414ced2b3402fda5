/** Imports modules that a user names, in JavaScript or TypeScript. */
import { requirePackage } from "./require_package.ts";

interface Loader {
  register(): unknown;
}

/** Per thread: running from sources, we are TypeScript ourselves. */
let importsTypeScript = import.meta.url.endsWith(".ts");

/**
 * Imports a module. Node imports TypeScript from version 22.18 on; for older ones the optional package `tsx` does it.
 *
 * @param specifier URL of a file, or name of a package.
 * @throws Error with the install command when `tsx` is needed and missing; else the module's own error.
 */
export async function importModule(specifier: string): Promise<unknown> {
  if (/\.[cm]?tsx?$/.test(specifier)) await enableTypeScript();
  return await import(specifier);
}

/** Before the first attempt: Node remembers modules that it could not import. */
async function enableTypeScript(): Promise<void> {
  importsTypeScript ||= Boolean((process.features as { readonly typescript?: unknown }).typescript);
  if (importsTypeScript) return;
  const feature = `TypeScript on Node ${process.versions.node}`;
  const hint = "Or compile the file to JavaScript";
  // Both: the nearest package.json decides which of the two Node uses.
  for (const api of ["tsx/cjs/api", "tsx/esm/api"]) (await requirePackage<Loader>(api, feature, hint)).register();
  importsTypeScript = true;
}
