/** The built package as a user has it: installed in an empty project with its dependencies and no optional package. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROCESSES = fileURLToPath(new URL("./processes/", import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
};

export class InstalledPackage {
  readonly project = mkdtempSync(join(tmpdir(), "handrail-package-"));
  readonly folder = join(this.project, "node_modules", "handrail");

  /** Builds with the project's own configuration. */
  constructor() {
    mkdirSync(this.folder, { recursive: true });
    cpSync(join(ROOT, "package.json"), join(this.folder, "package.json"));
    cpSync(join(ROOT, "LICENSE"), join(this.folder, "LICENSE"));
    execFileSync(
      join(ROOT, "node_modules/.bin/tsdown"),
      ["--out-dir", join(this.folder, "dist"), "--log-level", "error"],
      {
        cwd: ROOT,
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    for (const name of [...Object.keys(manifest.dependencies), "@types/node", "undici-types"]) this.#link(name);
    writeFileSync(join(this.project, "package.json"), JSON.stringify({ type: "module" }));
  }

  #link(name: string): void {
    const target = join(this.project, "node_modules", name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), target);
  }

  /** Runs a module of the project and returns what it printed. */
  run(source: string, nodeOptions: readonly string[] = []): string {
    const file = join(this.project, "main.js");
    writeFileSync(file, source);
    return execFileSync(process.execPath, [...nodeOptions, file], { cwd: this.project, encoding: "utf8" });
  }

  /** The files that importing `specifier` loads. */
  modulesLoadedBy(specifier: string): string[] {
    const source = `import ${JSON.stringify(specifier)};`;
    const lines = this.run(source, ["--import", join(PROCESSES, "print_loaded_modules.mjs")])
      .trim()
      .split("\n");
    return lines.filter((url) => url !== "");
  }

  /** What the TypeScript compiler has to say about a module of the project. */
  typeErrors(source: string): string {
    const file = join(this.project, "main.ts");
    writeFileSync(file, source);
    // Declarations name the types of optional packages, which are not there: hence --skipLibCheck, as most projects have it.
    const options = [
      "--noEmit",
      "--skipLibCheck",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--types",
      "node",
    ];
    try {
      return execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, file], {
        cwd: this.project,
        encoding: "utf8",
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }

  dispose(): void {
    rmSync(this.project, { recursive: true, force: true });
  }
}
