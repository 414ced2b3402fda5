/** Optional packages are imported on first use, so that `import "handrail"` needs none of them. */

/**
 * Imports an optional package.
 *
 * @param name Package (or subpath) to import.
 * @param feature What needs it, as it reads in "… needs the optional package X".
 * @throws Error with the exact install command when the package is missing.
 */
export async function requirePackage<Module>(name: string, feature: string): Promise<Module> {
  try {
    return (await import(name)) as Module;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw cause;
    const packageName = name.split("/", name.startsWith("@") ? 2 : 1).join("/");
    throw new Error(
      `${feature} needs the optional package "${packageName}". Install it with: npm install ${packageName}`,
      {
        cause,
      },
    );
  }
}
