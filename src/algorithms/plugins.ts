/** Plug-ins: modules that register types when imported. They are code, so only the user names them. */
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { importModule } from "../utils/import_module.ts";

/** Modules that `loadPlugins` has imported in this thread: URLs of files, names of packages. */
const loaded = new Set<string>();

/** A path on any system, as opposed to the name of a package. */
export function isPluginPath(name: string): boolean {
  return /^(?:\.{0,2}[\\/]|[A-Za-z]:[\\/])/.test(name);
}

/**
 * The import specifier of a plug-in: the URL of a file, or the name of a package.
 *
 * @param folder Base of relative paths.
 * @throws Error for any other URL: code comes from files only.
 */
export function pluginSpecifier(name: string, folder = process.cwd()): string {
  if (name.startsWith("file:")) return name;
  if (isPluginPath(name)) return pathToFileURL(resolve(folder, name)).href;
  if (/^[A-Za-z][\w+.-]*:/.test(name)) {
    throw new Error(`"${name.slice(0, 60)}" is a URL: a plug-in is a file or an installed package`);
  }
  return name;
}

/**
 * Imports plug-ins: paths relative to `folder`, or package names.
 *
 * @throws Error naming the module that failed to load, with advice.
 */
export async function loadPlugins(modules: readonly string[], folder = process.cwd()): Promise<void> {
  for (const module of modules) {
    try {
      const specifier = pluginSpecifier(module, folder);
      await importModule(specifier);
      loaded.add(specifier);
    } catch (cause) {
      const advice = await adviceOn(module, folder);
      throw new Error(`could not load the plug-in "${module}": ${(cause as Error).message}${advice}`, { cause });
    }
  }
}

/** Specifiers that `loadPlugins` has imported, for `loadPlugins` in another thread: types are registered per thread. */
export function loadedPlugins(): string[] {
  return [...loaded];
}

async function adviceOn(module: string, folder: string): Promise<string> {
  if (isPluginPath(module) || module.startsWith("file:")) return "";
  const isFile = await access(resolve(folder, module)).then(
    () => true,
    () => false,
  );
  return isFile ? `. If you mean the file, write ./${module}` : "";
}

/** A plug-in's name relative to the working directory. */
export function shownPlugin(specifier: string): string {
  const name = specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier;
  return /^[\w@%+=:,./\\-]+$/.test(name) ? name : JSON.stringify(name);
}
