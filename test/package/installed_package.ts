/** The built package as a user has it: installed in an empty project with its dependencies and no optional package. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROCESSES = fileURLToPath(new URL("./processes/", import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
};

/** Further packages of a TypeScript project: Node's types and the test runner that a conformance suite uses. */
const TYPES = ["@types/node", "undici-types", "vitest"];

const SCHEMA = "docs/reference/train_config.schema.json";

export class InstalledPackage {
  readonly project = mkdtempSync(join(tmpdir(), "handrail-package-"));
  readonly folder = join(this.project, "node_modules", "handrail");

  /** Builds with the project's own configuration. */
  constructor() {
    mkdirSync(this.folder, { recursive: true });
    cpSync(join(ROOT, "package.json"), join(this.folder, "package.json"));
    for (const file of ["LICENSE", SCHEMA]) cpSync(join(ROOT, file), join(this.folder, file));
    execFileSync(
      join(ROOT, "node_modules/.bin/tsdown"),
      ["--out-dir", join(this.folder, "dist"), "--log-level", "error"],
      {
        cwd: ROOT,
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = manifest;
    const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    const installed = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
    for (const name of [...installed, ...TYPES]) this.#link(name);
    writeFileSync(join(this.project, "package.json"), JSON.stringify({ type: "module" }));
  }

  /** Runs `action` while an optional package is installed. */
  with<Result>(name: string, action: () => Result): Result {
    this.#link(name);
    try {
      return action();
    } finally {
      rmSync(join(this.project, "node_modules", name));
    }
  }

  /** Runs `action` while a dependency is not installed. */
  without<Result>(name: string, action: () => Result): Result {
    rmSync(join(this.project, "node_modules", name));
    try {
      return action();
    } finally {
      this.#link(name);
    }
  }

  #link(name: string): void {
    const target = join(this.project, "node_modules", name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), target);
  }

  /** Runs a module of the project, in TypeScript, and returns what it printed. */
  run(source: string, nodeOptions: readonly string[] = []): string {
    const file = join(this.project, "main.js");
    writeFileSync(file, withoutTypes(source));
    return execFileSync(process.execPath, [...nodeOptions, file], { cwd: this.project, encoding: "utf8" });
  }

  /** Runs `npx handrail <args>` in the project. @returns its exit code and what it printed. */
  handrail(...args: readonly string[]): { readonly code: number | null; readonly output: string } {
    const cli = join(this.folder, "dist", "cli.js");
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: this.project,
      encoding: "utf8",
    });
    return { code: status, output: stdout + stderr };
  }

  /** The files that importing `specifier` loads. */
  modulesLoadedBy(specifier: string): string[] {
    const source = `import ${JSON.stringify(specifier)};`;
    const lines = this.run(source, ["--import", join(PROCESSES, "print_loaded_modules.mjs")])
      .trim()
      .split("\n");
    return lines.filter((url) => url !== "");
  }

  /** Diagnostics of the TypeScript compiler for modules of the project, by file name; includes library declarations. */
  typeErrors(sources: Readonly<Record<string, string>>): string {
    const files = Object.entries(sources).map(([name, source]) => {
      writeFileSync(join(this.project, name), source);
      return name;
    });
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--types", "node"];
    try {
      return execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, ...files], {
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

/** As JavaScript, line by line where it was. */
function withoutTypes(source: string): string {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
