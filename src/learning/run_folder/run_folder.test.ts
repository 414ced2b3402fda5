import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { smallConfig } from "../../../test/learning/small_learner.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { openRunFolder, withOutputFolder } from "./run_folder.ts";

it("names a folder as LeRobot does, by date, time and job, unless the config does", () => {
  const now = new Date(2026, 2, 4, 5, 6, 7);
  const config = { ...smallConfig("given"), output_dir: null };
  expect(withOutputFolder(config, now).output_dir).toBe(
    join("outputs", "train", "2026-03-04", "05-06-07_gaussian_actor"),
  );
  expect(withOutputFolder({ ...config, job_name: "lift" }, now).output_dir).toMatch(/05-06-07_lift$/);
  expect(withOutputFolder(smallConfig("given"), now).output_dir).toBe("given");
  const long = { ...config, job_name: "x".repeat(300) };
  expect(() => withOutputFolder(long, now)).toThrow("job_name: the name is too long");
});

describe("a run folder", () => {
  let folder: string;
  let config: TrainRLServerPipelineConfig;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-run-"));
    config = smallConfig(join(folder, "deep", "new"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("gets the resolved config when the run begins, and nothing before", async () => {
    const run = await openRunFolder(config);
    expect(run).toMatchObject({ path: config.output_dir, resumeFrom: null });
    expect(await readdir(run.path)).toEqual(["lock"]);
    await run.begin();
    expect(JSON.parse(await readFile(join(run.path, "train_config.json"), "utf8"))).toEqual(config);
    await run.release();
    expect(await readdir(run.path)).toEqual(["train_config.json"]);
  });

  it("is gone again if the run never began, unless it was there before", async () => {
    await (await openRunFolder(config)).release();
    expect(await readdir(folder)).toEqual([]);
    await mkdir(config.output_dir!, { recursive: true });
    await (await openRunFolder(config)).release();
    expect(await readdir(join(folder, "deep"))).toEqual(["new"]);
  });

  it("belongs to one training at a time", async () => {
    const run = await openRunFolder(config);
    await expect(openRunFolder(config)).rejects.toThrow(
      `the run in ${run.path} is in use by process ${process.pid} on ${hostname()}`,
    );
    await run.release();
    await (await openRunFolder(config)).release();
  });

  it("in which the very first save was killed is taken for a new run", async () => {
    await mkdir(join(config.output_dir!, "checkpoints", ".000000.b5a6.tmp", "pretrained_model"), { recursive: true });
    await (await openRunFolder(config)).release();
    await expect(openRunFolder({ ...config, resume: true })).rejects.toThrow("there is no checkpoint in");
  });

  it("in which nothing whole is left says so, and what to do", async () => {
    await mkdir(join(config.output_dir!, "checkpoints", "000020"), { recursive: true });
    await expect(openRunFolder(config)).rejects.toThrow("already holds a run");
    await expect(openRunFolder({ ...config, resume: true })).rejects.toThrow(
      /no whole checkpoint \(of 000020\) in .* set resume=false and another output_dir/,
    );
    expect(await readdir(config.output_dir!)).toEqual(["checkpoints"]);
  });
});
