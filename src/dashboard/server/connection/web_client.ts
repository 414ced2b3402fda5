/**
 * Finds the built page. The package contains it; in a checkout it is built on first use and again after its sources have
 * changed.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** @returns the folder of the page's files. @throws Error if it is missing and can't be built. */
export async function findWebClient(): Promise<string> {
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
  const built = join(root, "dist", "dashboard");
  const sources = join(root, "src", "dashboard");
  if (existsSync(join(sources, "web", "vite.config.ts"))) {
    if (!isFresh(join(built, "index.html"), sources)) await build(root, join(sources, "web"));
  } else if (!existsSync(join(built, "index.html"))) {
    throw new Error(`the dashboard's page is missing in ${built}: the package is incomplete; install it again`);
  }
  return built;
}

/** The folder of the region picker's page, which needs no build. */
export function findRegionPickerPage(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const source = join(here, "..", "region_picker", "page");
  return existsSync(source) ? source : join(here, "region_picker");
}

function packageRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("the dashboard can't find its package.json: install the package again");
  return packageRoot(parent);
}

/** Whether `index` is newer than the page's sources. @param sources absolute folder. */
export function isFresh(index: string, sources: string): boolean {
  if (!existsSync(index)) return false;
  const builtMs = statSync(index).mtimeMs;
  return readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((path) => path.split(sep)[0] !== "server" && !path.includes(".test."))
    .map((path) => statSync(join(sources, path)))
    .every((entry) => !entry.isFile() || entry.mtimeMs <= builtMs);
}

/** Builds into a temporary folder and then renames it, so that concurrent processes never see a partial page. */
async function build(root: string, web: string): Promise<void> {
  const vite = join(dirname(createRequire(join(root, "package.json")).resolve("vite/package.json")), "bin/vite.js");
  const options = { cwd: root, env: { ...process.env, NODE_ENV: "production" } };
  const built = join(root, "dist", "dashboard");
  const aside = join(root, "dist", `.dashboard-${process.pid}`);
  try {
    await promisify(execFile)(
      process.execPath,
      [vite, "build", web, "--outDir", aside, "--logLevel", "error"],
      options,
    );
    rmSync(built, { recursive: true, force: true });
    renameSync(aside, built);
  } catch (cause) {
    rmSync(aside, { recursive: true, force: true });
    const reason = (cause as { stderr?: string }).stderr || String(cause);
    throw new Error(`the dashboard's page could not be built (npm run build:web):\n${reason}`, { cause });
  }
}
