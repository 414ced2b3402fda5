/**
 * What tests start as processes, built before the first test: from sources each needs seconds to start, and tests start
 * hundreds. `handrail` is built as it is installed.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build as tsdown } from "tsdown";
import config from "../tsdown.config.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, ".test-build");

/** What Node runs as `handrail`. */
export const HANDRAIL = join(FOLDER, "cli.js");

/** Plug-ins in TypeScript import "handrail": for the built program that is what was built with it. */
const TSCONFIG = join(FOLDER, "tsconfig.json");
const PATHS = { handrail: ["./index.js"], "handrail/*": ["./*.js"] };

/** Environment of processes and threads that run what was built. */
export const builtEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, TSX_TSCONFIG_PATH: TSCONFIG });

/** Programs that tests start, each beside the code that it shares with the package. */
const PROGRAMS = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" }).filter((file) =>
  /^[^/\\]+[/\\]processes[/\\].*\.ts$/.test(file),
);

/** @param name such as "learning/processes/checkpoint_writer". @returns what Node runs. */
export const program = (name: string): string => join(FOLDER, "programs", `${name}.js`);

/** Builds what is out of date, aside first, so that another test run never sees half of it. Vitest calls it. */
export default async function build(): Promise<void> {
  if (isFresh()) return;
  const aside = `${FOLDER}-${process.pid}`;
  const programs = PROGRAMS.map((file) => [`programs/${file.replace(/\.ts$/, "")}`, `test/${file}`]);
  const entry = { ...(config as { entry: Record<string, string> }).entry, ...Object.fromEntries(programs) };
  try {
    await tsdown({ ...config, config: false, cwd: ROOT, entry, outDir: aside, dts: false, logLevel: "error" });
    writeFileSync(join(aside, basename(TSCONFIG)), JSON.stringify({ compilerOptions: { paths: PATHS } }));
    rmSync(FOLDER, { recursive: true, force: true });
    renameSync(aside, FOLDER);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function isFresh(): boolean {
  if (!existsSync(HANDRAIL)) return false;
  const builtMs = statSync(HANDRAIL).mtimeMs;
  const sources = ["src", "test"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => folder === "src" || (/\.ts$/.test(file) && !/\.test\.ts$/.test(file)))
      .map((file) => join(folder, file)),
  );
  return [...sources, "package.json", "package-lock.json", "tsdown.config.ts"].every((file) => {
    const entry = statSync(join(ROOT, file));
    return entry.isDirectory() || entry.mtimeMs <= builtMs;
  });
}
