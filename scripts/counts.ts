/**
 * `npm run counts`: measures the separation of the source's rooms. Each number has a limit. Exceeding one makes the script
 * exit with 1, unless it is marked as not reached yet.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { keysWithoutEffect } from "./config_leaves.ts";

const ROOT = join(import.meta.dirname, "..");

export interface Count {
  readonly name: string;
  readonly limit: number;
  /** The counted items, each as a line of text; undefined if nothing counts them yet. */
  readonly found: readonly string[] | undefined;
}

/** Modules of `src/`, tests aside, by their path from the repository's root. */
type Sources = ReadonlyMap<string, string>;

export function readSources(): Sources {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .map((file) => join("src", file).replaceAll("\\", "/"))
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
}

/** @param given Sources to count instead of this repository's; the config is then skipped. */
export function counts(given?: Sources): Count[] {
  const sources = given ?? readSources();
  const imports = importsOf(sources);
  return [
    { name: "lines with a concrete policy's name outside its home", limit: 0, found: concretePolicyNames(sources) },
    { name: "instanceof of a concrete environment", limit: 0, found: environmentChecks(sources) },
    {
      name: "arrows between src/rollout and src/learning",
      limit: 0,
      found: arrowsBetween(imports, "src/rollout", "src/learning"),
    },
    { name: "import circles, types included", limit: 0, found: importCircles(imports) },
    {
      name: `folders of src with more than ${LOOSE_FILES} files, tests aside`,
      limit: 0,
      found: crowdedFolders(sources),
    },
    { name: 'exported names of "handrail"', limit: 80, found: exportedNames(sources, "src/index.ts") },
    { name: "config leaves without effect", limit: 0, found: given ? [] : configLeavesWithoutEffect() },
  ];
}

/**
 * These name policies by design: entry points, which export them; registries of the built-in policies; an algorithm written
 * for one policy (see docs/adr/0007-policies-by-type.md); readers of LeRobot's files; presets.
 */
const MAY_NAME_POLICIES = [
  /^src\/(policies\/)?index\.ts$/,
  /^src\/(policies|algorithms)\/registry\.ts$/,
  /^src\/algorithms\/sac\//,
  /^src\/(interop\/|config\/migration\/)/,
  /^src\/[^/]+\/presets?[/.]/,
];

/** Lines with the name of a policy of `src/policies/NAME`, such as `gaussian_actor` or `GaussianActorPolicy`. */
function concretePolicyNames(sources: Sources): string[] {
  const folders = [...sources.keys()].flatMap((file) => /^src\/policies\/([^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(folders)].flatMap((folder) => {
    const pascal = folder.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
    const names = new RegExp(`${folder}|${pascal}`, "i");
    return [...sources]
      .filter(
        ([file]) => !file.startsWith(`src/policies/${folder}/`) && !MAY_NAME_POLICIES.some((home) => home.test(file)),
      )
      .flatMap(([file, text]) => linesWith(file, text, names));
  });
}

function environmentChecks(sources: Sources): string[] {
  const environments = [...sources]
    .filter(([file]) => file.startsWith("src/envs/"))
    .flatMap(([, text]) => [...text.matchAll(/class (\w+)[^{]* implements [^{]*Env\b/g)].map(([, name]) => name));
  const check = new RegExp(`instanceof (${environments.join("|")})\\b`);
  return [...sources].flatMap(([file, text]) => linesWith(file, text, check));
}

function linesWith(file: string, text: string, pattern: RegExp): string[] {
  return text
    .split("\n")
    .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []));
}

type Imports = ReadonlyMap<string, readonly string[]>;

/** Imports of each module, including types and dynamic imports. */
function importsOf(sources: Sources): Imports {
  const importsOfFile = ([file, text]: readonly [string, string]): [string, string[]] => [
    file,
    ts
      .preProcessFile(text, true, true)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => relative(ROOT, resolve(ROOT, dirname(file), specifier)).replaceAll("\\", "/"))
      .filter((imported) => sources.has(imported)),
  ];
  return new Map([...sources].map(importsOfFile));
}

function arrowsBetween(imports: Imports, left: string, right: string): string[] {
  const isIn = (file: string, folder: string) => file.startsWith(`${folder}/`);
  return [...imports].flatMap(([from, targets]) =>
    targets
      .filter((to) => (isIn(from, left) && isIn(to, right)) || (isIn(from, right) && isIn(to, left)))
      .map((to) => `${from} → ${to}`),
  );
}

/** Groups of modules in which each reaches every other one. */
function importCircles(imports: Imports): string[] {
  const circles: string[] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!order.has(target)) visit(target);
      if (open.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = open.splice(open.indexOf(file));
    if (group.length > 1) circles.push(group.sort().join(", "));
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}

const LOOSE_FILES = 15;

function crowdedFolders(sources: Sources): string[] {
  const sizes = new Map<string, number>();
  for (const file of sources.keys()) sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1);
  return [...sizes].filter(([, size]) => size > LOOSE_FILES).map(([folder, size]) => `${folder}: ${size}`);
}

/** Values and types that an entry point re-exports. */
function exportedNames(sources: Sources, file: string): string[] {
  const { statements } = ts.createSourceFile(file, sources.get(file) ?? "", ts.ScriptTarget.Latest);
  return statements.filter(ts.isExportDeclaration).flatMap(({ exportClause, moduleSpecifier }) => {
    if (exportClause === undefined) {
      const { text } = moduleSpecifier as ts.StringLiteral;
      throw new Error(`${file} exports all of ${text}: list its names, so that they can be counted`);
    }
    const names = ts.isNamedExports(exportClause) ? exportClause.elements.map(({ name }) => name) : [exportClause.name];
    return names.map(({ text }) => text);
  });
}

/** Paths of settings that a run does not read. Cached, because it takes half a minute. */
function configLeavesWithoutEffect(): readonly string[] {
  leavesWithoutEffect ??= keysWithoutEffect();
  return leavesWithoutEffect;
}

let leavesWithoutEffect: readonly string[] | undefined;

export const isExceeded = ({ limit, found = [] }: Count): boolean => found.length > limit;

function print(count: Count, all: boolean): void {
  const { name, limit, found } = count;
  const verdict = isExceeded(count) ? " EXCEEDED" : "";
  console.log(`${String(found?.length ?? "?").padStart(5)}  ${name}; at most ${limit}${verdict}`);
  if (all || isExceeded(count)) for (const line of found ?? []) console.log(`         ${line}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const all = process.argv.includes("--all");
  const counted = counts();
  for (const count of counted) print(count, all);
  if (!all) console.log("\n`npm run counts -- --all` lists what was counted.");
  if (counted.some(isExceeded)) process.exitCode = 1;
}
