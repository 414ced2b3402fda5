import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { HANDRAIL } from "../build.ts";

const HOOK = "export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }";
const REGISTER = `import { register } from "node:module"; register("data:text/javascript,${encodeURIComponent(HOOK)}");`;

it("a command loads its own libraries, not those of the others", async () => {
  const args = ["--import", `data:text/javascript,${encodeURIComponent(REGISTER)}`, HANDRAIL];
  const loadedBy = async (...command: string[]) =>
    (await promisify(execFile)(process.execPath, [...args, ...command])).stderr;
  const all = await loadedBy("--help");
  expect(all).toContain("/node_modules/zod/");
  expect(all).toContain("/node_modules/hono/");
  const evaluation = await loadedBy("eval", "--help");
  expect(evaluation).toContain("/node_modules/zod/");
  expect(evaluation).not.toContain("/node_modules/hono/");
  expect(evaluation).not.toContain("/node_modules/hyparquet/");
});
