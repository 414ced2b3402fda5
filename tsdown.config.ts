import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "tsdown";
import manifest from "./package.json" with { type: "json" };

/** Worker threads are started from files of their own, next to the bundle. */
const workers = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".worker.ts"));

/** Entry points that are not the `index.ts` of the folder they are named after. */
const OWN_FILES: Readonly<Record<string, string>> = {
  index: "src/index.ts",
  conformance: "src/conformance.ts",
  safetensors: "src/tensor/safetensors/index.ts",
};

/** What package.json exports as code. */
const entryPoints = Object.fromEntries(
  Object.values(manifest.exports)
    .filter((target) => typeof target !== "string")
    .map(({ default: built }) => basename(built, ".js"))
    .map((name) => [name, OWN_FILES[name] ?? `src/${name}/index.ts`]),
);

/**
 * Node spends more on each file than on what is in it: what is loaded together is one file. Of two that hold a module, the
 * first takes it. `handrail` checks which Node it runs on before it loads the rest, so that what it starts with comes first.
 */
const SHARED_FILES = {
  command_start: ["src/cli/main.ts"],
  engine: ["src/tensor/index.ts", "src/tensor/safetensors/index.ts"],
  simulation: ["src/envs/thread_env/env.worker.ts"],
  core: ["src/index.ts"],
};

interface Modules {
  getModuleInfo(id: string): { readonly importedIds: readonly string[]; readonly importers: readonly string[] } | null;
}

/**
 * Modules that are loaded with the entry, and not those that it imports when they are needed. An entry that no module
 * imports stays by itself: loading what it shares with others must not start a program.
 */
function loadedWith(entry: string, modules: Modules): ReadonlySet<string> {
  const file = join(import.meta.dirname, entry);
  const loaded = new Set([file]);
  for (const id of loaded) for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) loaded.add(imported);
  if (modules.getModuleInfo(file)?.importers.length === 0) loaded.delete(file);
  return loaded;
}

const sharedFiles = Object.entries(SHARED_FILES).map(([name, entries], index, { length }) => {
  let loaded: ReadonlySet<string> | undefined;
  return {
    name(id: string, modules: Modules): string | null {
      loaded ??= new Set(entries.flatMap((entry) => [...loadedWith(entry, modules)]));
      return loaded.has(id) ? name : null;
    },
    priority: length - index,
  };
});

export default defineConfig({
  entry: {
    ...entryPoints,
    cli: "src/cli/main.ts",
    ...Object.fromEntries(workers.map((file) => [basename(file, ".ts"), `src/${file}`])),
  },
  dts: { compilerOptions: { stripInternal: true }, entry: Object.values(entryPoints) },
  // A page without a build step of its own, and what is compiled on the user's machine.
  copy: ({ outDir }) => [
    { from: "src/dashboard/server/region_picker/page/*", to: join(outDir, "region_picker") },
    { from: "src/tensor/backends/c/runtime/*.h", to: join(outDir, "c_runtime") },
  ],
  outputOptions: { codeSplitting: { groups: sharedFiles } },
  platform: "node",
  fixedExtension: false,
});
