/** The plug-ins that a config names. They are code, and a config is data: nothing runs because a file says so. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { loadedPlugins, loadPlugins, pluginSpecifier, shownPlugin } from "../algorithms/plugins.ts";
import { ConfigError } from "../config/error.ts";

/** Asked about a file, by its absolute path, whether it may run. */
export type PluginConsent = (file: string) => Promise<boolean>;

const NamedPlugins = z.object({ handrail: z.object({ plugins: z.array(z.string()) }) });

/**
 * What a config's `handrail.plugins` stand for: URLs of files, relative to the config, and names of packages. What is not a
 * list of names is left to the schema, which says so with its path.
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
 * Loads those of the plug-ins that somebody agrees to and that are not loaded yet.
 *
 * @throws ConfigError naming the option to pass for one that nobody agrees to; Error for one that cannot be loaded.
 */
export async function loadNamedPlugins(specifiers: readonly string[], agree: PluginConsent): Promise<void> {
  for (const specifier of specifiers) {
    if (loadedPlugins().includes(specifier)) continue;
    if (!(await mayRun(specifier, agree))) throw refusal(specifier);
    await loadPlugins([specifier]);
  }
}

/** A package cannot be shown to somebody as one file that stays as it is. */
async function mayRun(specifier: string, agree: PluginConsent): Promise<boolean> {
  if (!specifier.startsWith("file:")) return false;
  const file = fileURLToPath(specifier);
  // What is not there is reported by whoever loads it.
  return !existsSync(file) || (await agree(file));
}

function refusal(specifier: string): ConfigError {
  const shown = shownPlugin(specifier);
  return new ConfigError([
    {
      path: "handrail.plugins",
      message: `names ${shown}, which is code, and no code runs because a config names it. If you trust it, pass --plugin ${shown}`,
    },
  ]);
}

/** What to add to the message of an error about something unknown; empty where all that the config names is loaded. */
export function pluginAdvice(specifiers: readonly string[]): string {
  const missing = specifiers.filter((specifier) => !loadedPlugins().includes(specifier)).map(shownPlugin);
  if (missing.length === 0) return "";
  return `The config names ${missing.join(", ")}, which was not loaded: if you trust it, pass --plugin ${missing.join(" ")}`;
}

/** The config's plug-ins and those of the command line, as a run's record has them: wherever it is read from. */
export function recordedPlugins(named: readonly string[], passed: readonly string[]): string[] {
  const specifiers = [...named, ...passed.map((name) => pluginSpecifier(name))];
  return [...new Set(specifiers)].map((name) => (name.startsWith("file:") ? fileURLToPath(name) : name));
}
