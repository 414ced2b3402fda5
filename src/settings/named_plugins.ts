/** The plug-ins that a config names. They are code, so naming them in a config does not run them. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { loadedPlugins, loadPlugins, pluginSpecifier, shownPlugin } from "../algorithms/plugins.ts";
import { ConfigError } from "../config/error.ts";

/** Decides whether a file, given by its absolute path, may run. */
export type PluginConsent = (file: string) => Promise<boolean>;

const NamedPlugins = z.object({ handrail: z.object({ plugins: z.array(z.string()) }) });

/**
 * Resolves a config's `handrail.plugins` to URLs of files, relative to the config, and names of packages. The schema
 * reports values that are not a list of names.
 */
export function namedPlugins(config: unknown, configFile: string): string[] {
  const names = NamedPlugins.safeParse(config).data?.handrail.plugins ?? [];
  return names.filter((name) => name.trim() !== "").map((name) => specifierOf(name, dirname(configFile)));
}

function specifierOf(name: string, folder: string): string {
  try {
    return pluginSpecifier(name, folder);
  } catch (cause) {
    throw new ConfigError([{ path: "handrail.plugins", message: (cause as Error).message }], undefined, { cause });
  }
}

/**
 * Loads the plug-ins that are not loaded yet, after `agree` has accepted each.
 *
 * @throws ConfigError naming the option to pass for a plug-in that is not accepted; Error for one that cannot be loaded.
 */
export async function loadNamedPlugins(specifiers: readonly string[], agree: PluginConsent): Promise<void> {
  for (const specifier of specifiers) {
    if (loadedPlugins().includes(specifier)) continue;
    if (!(await mayRun(specifier, agree))) throw refusal(specifier);
    await loadPlugins([specifier]);
  }
}

/** Packages are never accepted here: a person cannot review one as a single file. */
async function mayRun(specifier: string, agree: PluginConsent): Promise<boolean> {
  if (!specifier.startsWith("file:")) return false;
  const file = fileURLToPath(specifier);
  // Loading reports a missing file.
  return !existsSync(file) || (await agree(file));
}

function refusal(specifier: string): ConfigError {
  const shown = shownPlugin(specifier);
  return new ConfigError([
    {
      path: "handrail.plugins",
      message: `names ${shown}. It is code, and a config alone does not run code. If you trust it, pass --plugin ${shown}`,
    },
  ]);
}

/** Advice for an error about an unknown name; empty if every plug-in of the config is loaded. */
export function pluginAdvice(specifiers: readonly string[]): string {
  const missing = specifiers.filter((specifier) => !loadedPlugins().includes(specifier)).map(shownPlugin);
  if (missing.length === 0) return "";
  return `The config names ${missing.join(", ")}, which was not loaded: if you trust it, pass --plugin ${missing.join(" ")}`;
}

/** The config's and the command line's plug-ins with absolute paths, for a run's record. */
export function recordedPlugins(named: readonly string[], passed: readonly string[]): string[] {
  const specifiers = [...named, ...passed.map((name) => pluginSpecifier(name))];
  return [...new Set(specifiers)].map((name) => (name.startsWith("file:") ? fileURLToPath(name) : name));
}
