/** The program of docs/rewards/write_your_own.md that labels a dataset, run as it stands there. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { handrail } from "../cli/run_cli.ts";
import { snippetsOf } from "../package/snippets.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-rewards-page-"));
  await symlink(join(ROOT, "examples"), join(folder, "examples"));
});
afterAll(() => rm(folder, { recursive: true }));

it("the program of the page on reward models finds where the cube is up in demonstrations", async () => {
  const recording = ["record", join(folder, "outputs/demos"), "--task", "lift", "--episodes=2", "--only-successful"];
  const { code } = await handrail(...recording, "--config", "configs/pick_cube.json");
  expect(code).toBe(0);
  const program = snippetsOf("docs/rewards/write_your_own.md").find(({ code }) => code.includes("judgeDataset"))!;
  await writeFile(join(folder, "program.mts"), program.code);
  const env = { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") };
  const args = ["--import", import.meta.resolve("tsx"), "program.mts"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  const found = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number));
  expect(found.map(([episode]) => episode)).toEqual([0, 1]);
  for (const [, frame] of found) expect(frame).toBeGreaterThan(0);
});
