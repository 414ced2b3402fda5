/** Loads CommonJS libraries synchronously, on first use. */
import { createRequire } from "node:module";

const requireLibrary = createRequire(import.meta.url);

/**
 * A top-level `import` would load the library in every program that imports the package.
 *
 * @param name a dependency with a CommonJS build.
 */
export function onFirstUse<Library>(name: string): () => Library {
  let library: Library | undefined;
  return () => {
    library ??= requireLibrary(name) as Library;
    return library;
  };
}
