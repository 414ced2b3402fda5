/** `handrail eval` as a user runs it. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EvaluationReportSchema } from "../../src/metrics/run_event.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import { weightsSha256 } from "../../src/rollout/evaluation/weights_hash.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { pickCube, savePolicy, untrained } from "../evaluation/support.ts";
import { handrail } from "./run_cli.ts";

let root: string;
let policyFolder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "handrail-eval-"));
  policyFolder = join(root, "policy");
  await savePolicy(policyFolder, await pickCube());
});
afterAll(() => rm(root, { recursive: true }));

it("evaluates a folder as the library does, prints and writes the report", async () => {
  const json = join(root, "report.json");
  const run = await handrail("eval", "--policy", policyFolder, "--episodes", "3", "--seed", "7", "--json", json);
  expect(run).toMatchObject({ code: 0, errors: "" });
  const config = await pickCube();
  const { policy, processors } = untrained(config);
  const processedEnv = await makeProcessedEnv(config);
  const expected = await evaluatePolicy({ processedEnv, policy, processors, episodes: 3, seed: 7 });
  await processedEnv.env.close();
  expect(EvaluationReportSchema.parse(JSON.parse(await readFile(json, "utf8")))).toEqual(expected);
  for (const text of [
    `policy       ${policyFolder}\n`,
    "environment  PandaPickCube-v0\n",
    "success      0 of 3: 0.0 %, 95 % interval 0.0 to 56.1 %\n",
    "cycle time   – (no episode was solved without help)\n",
    "episodes     3 from seed 7 on, the most likely action\n",
    `weights      ${weightsSha256(policy.weights())}\n`,
    "step         unknown\n",
  ]) {
    expect(run.output).toContain(text);
  }
});

it("reports an operator's help apart and exits with 1 below the wanted success rate", async () => {
  const wanted = ["--min-success", "0.95", "--assist", "--stochastic"];
  const run = await handrail("eval", "--policy", policyFolder, "--episodes", "2", ...wanted);
  expect(run.code).toBe(1);
  expect(run.errors).toContain("the success rate 0 is below 0.95");
  expect(run.output).toMatch(/assisted +[0-2] more solved with help; an operator steered [\d.]+ % of the steps/);
  expect(run.output).toContain("sampled actions");
});

it("takes the environment of another config, with values from the command line", async () => {
  const elsewhere = ["--config", "configs/pick_cube.json", "--env.processor.reset.control_time_s=0.5"];
  const json = join(root, "short.json");
  const run = await handrail("eval", "--policy", policyFolder, "--episodes", "1", "--json", json, ...elsewhere);
  expect(run.code).toBe(0);
  expect(JSON.parse(await readFile(json, "utf8")).lengths).toEqual([5]);
});

it("says what is missing", async () => {
  const bare = join(root, "bare");
  await savePolicy(bare, await pickCube());
  await rm(join(bare, "train_config.json"));
  expect(await handrail("eval", "--policy", bare)).toMatchObject({
    code: 1,
    errors: expect.stringContaining("has no train_config.json, which says where to evaluate: pass --config <file>"),
  });
  expect(await handrail("eval", "--policy", root)).toMatchObject({
    code: 1,
    errors: expect.stringContaining("there is no policy in"),
  });
  expect(await handrail("eval", "--policy", bare, "--min-success", "95")).toMatchObject({
    code: 1,
    errors: expect.stringContaining("it must be from 0 to 1"),
  });
  const pixels = ["--config", "configs/pick_cube.json", "--env.task=PandaPickCubeBase-v0"];
  expect(await handrail("eval", "--policy", bare, ...pixels)).toMatchObject({
    code: 1,
    errors: expect.stringContaining("actions have 7 elements, the policy chooses 4"),
  });
});
