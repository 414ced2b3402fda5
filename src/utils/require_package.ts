/** Optional packages are imported on first use, so that `import "handrail"` needs none of them. */

/**
 * Imports an optional package.
 *
 * @param name Package (or subpath) to import.
 * @param feature Name of the feature, as in "… needs the optional package X".
 * @param hint Further installation advice.
 * @throws Error with the exact install command when the package is missing; other errors unchanged.
 */
export async function requirePackage<Module>(name: string, feature: string, hint = ""): Promise<Module> {
  try {
    return (await import(name)) as Module;
  } catch (cause) {
    const packageName = name.split("/", name.startsWith("@") ? 2 : 1).join("/");
    if (!isMissing(cause, [name, packageName])) throw cause;
    const advice = `Install it with: npm install ${packageName}${hint && `. ${hint}`}`;
    throw new Error(`${feature} needs the optional package "${packageName}". ${advice}`, { cause });
  }
}

/** Whether one of `names` was not found, rather than a dependency of an installed package. */
function isMissing(error: unknown, names: readonly string[]): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return false;
  return names.some(
    (name) => message.startsWith(`Cannot find package '${name}'`) || message.startsWith(`Cannot find module '${name}'`),
  );
}
