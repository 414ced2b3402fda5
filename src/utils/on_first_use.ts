/** CommonJS libraries for synchronous code, loaded by the first call that needs them. */
import { createRequire } from "node:module";

const requireLibrary = createRequire(import.meta.url);

/**
 * An `import` at the top of a file would load the library with the file, in every program that imports the package.
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
