/** A command that cannot start leaves nothing on the disk: no folder, no half run. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HANDRAIL } from "../build.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-starts-"));
  await cp(resolve("configs/pick_cube.json"), join(folder, "cube.json"));
});
afterAll(() => rm(folder, { recursive: true }));

const CUBE = ["--config", "cube.json"];

it.each<[command: string, args: string[], message: string]>([
  ["train", [...CUBE, "--no-dashboard", "--dataset.repo_id=a/b", "--dataset.root=no_dataset"], 'dataset "a/b"'],
  ["train", [...CUBE, "--no-dashboard", "--resume=true"], 'no run of the job "pick_cube" in outputs has a checkpoint'],
  ["train", [...CUBE, "--no-dashboard", "--output_dir=run", "--resume=true"], "there is no checkpoint in"],
  ["train", [...CUBE, "--no-dashboard", "--output_dir=/proc/run"], "name another place"],
  ["learner", [...CUBE, "--output_dir=/proc/run"], "name another place"],
  ["record", ["/proc/run", ...CUBE, "--task", "lift", "--operator", "scripted"], "name another place"],
  ["learner", [...CUBE, "--algorithm.discount=2"], "algorithm.discount"],
  ["actor", [...CUBE, "--env.task=NoSuchEnv-v0"], "NoSuchEnv-v0"],
  ["record", ["demos", ...CUBE, "--task", "lift", "--env.task=NoSuchEnv-v0"], "NoSuchEnv-v0"],
  ["eval", ["--policy", "no_policy"], "no_policy"],
  ["plot", ["no_run"], "no_run"],
  ["replay", ["no_dataset"], "no_dataset"],
  ["dataset", ["from-run", "no_run", "made"], "no_run"],
])("%s %j says why, and writes nothing", async (command, args, message) => {
  const { code, errors } = await new Promise<{ code: unknown; errors: string }>((done) => {
    const env = { ...process.env, HF_HUB_OFFLINE: "1" };
    execFile(process.execPath, [HANDRAIL, command, ...args], { cwd: folder, env }, (error, output, errors) =>
      done({ code: error ? error.code : 0, errors: output + errors }),
    );
  });
  expect(errors).toContain(message);
  expect(code).toBe(1);
  expect(await readdir(folder)).toEqual(["cube.json"]);
});

it.runIf(process.platform !== "win32")("says which limit to raise where too few files may be open", async () => {
  const command = `ulimit -n 64; exec "${process.execPath}" "${HANDRAIL}" --version`;
  const errors = await new Promise((done) => execFile("sh", ["-c", command], (_, __, errors) => done(errors)));
  expect(errors).toMatch(/^error: Handrail cannot be loaded: too many files are open: raise the limit \(ulimit -n\)/);
});
