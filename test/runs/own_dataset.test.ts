/** A user's own demonstrations end to end: recorded, trained on, and exported from the run's buffers to datasets. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { handrail } from "../cli/run_cli.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";

const CONFIG = ["--config", join(import.meta.dirname, "../../configs/pick_cube.json")];
/** Networks of a few units, thirty steps, a minimal evaluation. */
const SMALL = [
  ...SMALL_NETWORKS,
  "--batch_size=8",
  "--policy.online_steps=30",
  "--policy.online_step_before_learning=10",
  "--handrail.operator.type=none",
  "--env.processor.reset.control_time_s=1.5",
  "--eval.n_episodes=1",
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-own-dataset-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<string> {
  const { code, output, errors } = await handrail(...args);
  expect({ code, errors }).toEqual({ code: 0, errors: expect.not.stringContaining("error:") });
  return output;
}

async function lengthsOf(root: string): Promise<number[]> {
  const dataset = await Dataset.open(root);
  await dataset.close();
  return dataset.episodes.map(({ length }) => length);
}

it("recorded demonstrations are what training starts from, and its buffers become datasets again", async () => {
  const [demos, output, offline, online] = ["demos", "run", "offline", "online"].map((name) => join(folder, name));
  const record = ["record", demos!, "--task", "lift the cube", "--episodes", "2", "--only-successful", "--seed", "3"];
  await run(...record, ...CONFIG);
  const [, second] = await lengthsOf(demos!);
  const dataset = ["--dataset.repo_id=demos", `--dataset.root=${demos}`, "--dataset.episodes=[1]"];
  await run("train", ...CONFIG, ...SMALL, ...dataset, `--output_dir=${output}`);

  await run("dataset", "from-run", output!, offline!, "--buffer", "offline");
  expect(await lengthsOf(offline!)).toEqual([second]);
  expect(await run("dataset", "from-run", output!, online!)).toContain("30 transitions in 2 episodes");
  expect(await lengthsOf(online!)).toEqual([15, 15]);
  expect(await run("dataset", "validate", online!)).toContain("2 episodes, 30 frames: valid");
});
