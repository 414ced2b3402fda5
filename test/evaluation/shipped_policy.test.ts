/** The policy in the repository is the one its card describes, and still does what the card says. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { EvaluationReportSchema } from "../../src/metrics/run_event.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import { loadPolicy } from "../../src/runs/evaluation/load_policy.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";

const FOLDER = "policies/pick_cube";

test("policies/pick_cube lifts the cube from starts it has never seen, without help", async () => {
  const { policy, processors, trainConfigFile } = await loadPolicy(FOLDER);
  const processedEnv = await makeProcessedEnv(await loadTrainingConfig(trainConfigFile!));
  const report = await evaluatePolicy({ processedEnv, policy, processors, episodes: 25, seed: 500 });
  await processedEnv.env.close();
  await policy.dispose();

  expect(report.successes).toBeGreaterThanOrEqual(22);
  expect(report.operator_share).toBe(0);
  const card = EvaluationReportSchema.parse(JSON.parse(await readFile(`${FOLDER}/evaluation.json`, "utf8")));
  expect(card.weights_sha256).toBe(report.weights_sha256);
  expect(card.success_rate).toBeGreaterThanOrEqual(0.95);
  for (const page of [`${FOLDER}/README.md`, "docs/evaluation.md"]) {
    expect(await readFile(page, "utf8"), page).toContain(report.weights_sha256);
  }
});
