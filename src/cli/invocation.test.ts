import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { commandLine, type Invocation } from "./invocation.ts";

const REPO = join(import.meta.dirname, "../..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "handrail-invocation-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project in which Handrail is installed, as npm lays it out. */
const bin = join(folder, "node_modules/.bin/handrail");
mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
mkdirSync(join(folder, "node_modules/handrail/dist"), { recursive: true });
mkdirSync(join(folder, "sub"));
writeFileSync(join(folder, "node_modules/handrail/dist/cli.js"), "");
symlinkSync("../handrail/dist/cli.js", bin);

function started(parts: Partial<Invocation>): string {
  const invocation = { argv: ["node", join(REPO, "src/cli/main.ts")], execArgv: [], env: {}, cwd: REPO, ...parts };
  return commandLine(["train", "--config", "a b.json"], invocation);
}

describe("a printed command starts Handrail as it was started", () => {
  it("from the sources", () => {
    expect(started({ execArgv: ["--import", "tsx"] })).toBe(
      "node --import tsx src/cli/main.ts train --config 'a b.json'",
    );
  });

  it("from the sources, with tsx's own command", () => {
    const tsx = join(REPO, "node_modules/tsx/dist");
    const execArgv = ["--require", `${tsx}/preflight.cjs`, "--import", `file://${tsx}/loader.mjs`];
    expect(started({ execArgv })).toBe("node --import tsx src/cli/main.ts train --config 'a b.json'");
  });

  it("from another folder", () => {
    expect(started({ cwd: folder })).toBe(`node ${REPO}/src/cli/main.ts train --config 'a b.json'`);
  });

  it("with npm start, also from elsewhere", () => {
    const env = { HANDRAIL_STARTED_AS: "npm start train", INIT_CWD: join(REPO, "docs") };
    expect(started({ env })).toBe("npm start -- --config 'a b.json'");
    expect(started({ env: { ...env, INIT_CWD: "/" } })).toBe(`npm --prefix ${REPO} start -- --config 'a b.json'`);
  });

  it("with npx", () => {
    const env = { npm_command: "exec", npm_execpath: "/npm", PATH: join(folder, "node_modules/.bin") };
    expect(started({ argv: ["node", bin], env, cwd: folder })).toBe("npx handrail train --config 'a b.json'");
    expect(started({ argv: ["node", bin], cwd: folder })).toBe("npx handrail train --config 'a b.json'");
  });

  it("from the path", () => {
    const env = { PATH: `/nowhere:${join(folder, "node_modules/.bin")}` };
    expect(started({ argv: ["node", bin], env, cwd: "/" })).toBe("handrail train --config 'a b.json'");
  });

  it("with the built file", () => {
    const argv = ["node", join(folder, "node_modules/handrail/dist/cli.js")];
    expect(started({ argv, cwd: join(folder, "sub") })).toBe(`node ${argv[1]} train --config 'a b.json'`);
  });
});
