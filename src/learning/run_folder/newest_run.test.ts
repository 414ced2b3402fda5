import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { smallConfig } from "../../../test/learning/small_learner.ts";
import { withRunToResume } from "./newest_run.ts";

describe("resuming without an output_dir", () => {
  let outputs: string;
  beforeEach(async () => {
    outputs = await mkdtemp(join(tmpdir(), "handrail-outputs-"));
  });
  afterEach(() => rm(outputs, { recursive: true }));

  const resumed = { ...smallConfig("none", { job_name: "lift", resume: true }), output_dir: null };

  /** A run whose checkpoint was saved so many minutes after the epoch; without one when undefined. */
  async function makeRun(name: string, config: object | string, minutes?: number): Promise<string> {
    const folder = join(outputs, name);
    await mkdir(join(folder, "checkpoints"), { recursive: true });
    await writeFile(join(folder, "train_config.json"), typeof config === "string" ? config : JSON.stringify(config));
    if (minutes === undefined) return folder;
    const checkpoint = join(folder, "checkpoints", "000010");
    await mkdir(checkpoint);
    await writeFile(join(folder, "checkpoints", "last"), "000010");
    await utimes(checkpoint, 60 * minutes, 60 * minutes);
    return folder;
  }

  it("resumes the run of the same job that was saved last, whatever its folder is called", async () => {
    await makeRun("train/2026-01-01/09-00-00_lift", resumed, 1);
    const newest = await makeRun("my_lift", resumed, 3);
    await makeRun("train/2026-01-02/09-00-00_lift", resumed, 2);
    await makeRun("train/2026-01-03/09-00-00_drop", { ...resumed, job_name: "drop" }, 4);
    await makeRun("train/2026-01-04/09-00-00_lift", resumed);
    await makeRun("train/2026-01-05/09-00-00_lift", "{ damaged", 5);
    expect(await withRunToResume(resumed, outputs)).toEqual({ ...resumed, output_dir: newest });
  });

  it("knows a job without a name by its environment and policy", async () => {
    const nameless = { ...resumed, job_name: null };
    const folder = await makeRun("train/a/b", nameless, 1);
    await makeRun("train/a/c", { ...nameless, env: { type: "gym_manipulator" } }, 2);
    expect((await withRunToResume(nameless, outputs)).output_dir).toBe(folder);
  });

  it("says what to do where there is none", async () => {
    await makeRun("train/a/b", { ...resumed, job_name: "drop" }, 1);
    for (const folder of [outputs, join(outputs, "none")]) {
      await expect(withRunToResume(resumed, folder)).rejects.toThrow(
        `no run of the job "lift" in ${folder} has a checkpoint: name the run's folder with --output_dir=<folder>, or begin a`,
      );
    }
  });

  it("leaves every other config alone", async () => {
    const begun = { ...resumed, resume: false };
    const named = { ...resumed, output_dir: "there" };
    expect(await withRunToResume(begun, outputs)).toBe(begun);
    expect(await withRunToResume(named, outputs)).toBe(named);
  });
});
