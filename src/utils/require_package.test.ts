import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requirePackage } from "./require_package.ts";

interface Outcome {
  readonly value?: unknown;
  readonly message?: string;
  readonly cause?: string;
}

describe("requirePackage", () => {
  /** A project with a few installed packages, so that Node's real resolution decides what is missing. */
  let project: string;
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "handrail-require-"));
    await copyFile(
      fileURLToPath(new URL("./require_package.ts", import.meta.url)),
      join(project, "require_package.ts"),
    );
    await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
    const install = async (name: string, files: Record<string, string>) => {
      const folder = join(project, "node_modules", name);
      for (const [file, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), text);
      }
    };
    const manifest = JSON.stringify({ type: "module", exports: { ".": "./index.js", "./sub": "./sub/index.js" } });
    await install("@scope/good", {
      "package.json": manifest,
      "index.js": "export const answer = 42;",
      "sub/index.js": "export const answer = 43;",
    });
    await install("needs-more", { "package.json": manifest, "index.js": 'import "absent-dependency";' });
    await install("common", { "index.js": 'require("absent-dependency");' });
    await install("throws", { "package.json": manifest, "index.js": 'throw new Error("wrong CPU");' });
  });
  afterAll(() => rm(project, { recursive: true }));

  async function importInProject(name: string): Promise<Outcome> {
    const script = `
      import { requirePackage } from "./require_package.ts";
      const outcome = await requirePackage(${JSON.stringify(name)}, "Video").then(
        ({ answer }) => ({ value: answer }),
        ({ message, cause }) => ({ message, cause: cause?.message }),
      );
      console.log(JSON.stringify(outcome));`;
    const options = ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: project });
    return JSON.parse(stdout) as Outcome;
  }

  it("imports an installed package and its subpaths", async () => {
    expect(await importInProject("@scope/good")).toEqual({ value: 42 });
    expect(await importInProject("@scope/good/sub")).toEqual({ value: 43 });
    expect(await requirePackage<typeof import("node:path")>("node:path", "Testing")).toHaveProperty("join");
  });

  it.each([
    ["nowhere", "nowhere"],
    ["nowhere/deep/subpath", "nowhere"],
    ["@nobody/nothing", "@nobody/nothing"],
    ["@nobody/nothing/subpath", "@nobody/nothing"],
  ])("says how to install what %s needs, and keeps the cause", async (name, packageName) => {
    const message = `Video needs the optional package "${packageName}". Install it with: npm install ${packageName}`;
    expect(await importInProject(name)).toEqual({ message, cause: expect.stringContaining(packageName) });
    await expect(requirePackage(name, "Video")).rejects.toThrow(message);
  });

  it.each(["needs-more", "common"])(
    "does not blame the installed package %s for its own missing dependency",
    async (name) => {
      const { message } = await importInProject(name);
      expect(message).toContain("absent-dependency");
      expect(message).not.toContain("npm install");
    },
  );

  it("rethrows an error that the package throws", async () => {
    expect(await importInProject("throws")).toEqual({ message: "wrong CPU" });
  });

  it("rethrows the error for a subpath that an installed package lacks", async () => {
    const { message } = await importInProject("@scope/good/none");
    expect(message).toContain("none");
    expect(message).not.toContain("npm install");
  });
});
