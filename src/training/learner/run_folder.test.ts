import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { smallConfig } from "../../../test/learner/small_learner.ts";
import { openRunFolder, withOutputFolder } from "./run_folder.ts";

it("names a folder as LeRobot does, by date, time and job, unless the config does", () => {
  const now = new Date(2026, 2, 4, 5, 6, 7);
  const config = { ...smallConfig("given"), output_dir: null };
  expect(withOutputFolder(config, now).output_dir).toBe(
    join("outputs", "train", "2026-03-04", "05-06-07_gaussian_actor"),
  );
  expect(withOutputFolder({ ...config, job_name: "lift" }, now).output_dir).toMatch(/05-06-07_lift$/);
  expect(withOutputFolder(smallConfig("given"), now).output_dir).toBe("given");
});

it("writes the resolved config", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-run-"));
  const config = smallConfig(join(folder, "new"));
  expect(await openRunFolder(config)).toEqual({ path: join(folder, "new"), resumeFrom: null });
  expect(JSON.parse(await readFile(join(folder, "new", "train_config.json"), "utf8"))).toEqual(config);
  await rm(folder, { recursive: true });
});
