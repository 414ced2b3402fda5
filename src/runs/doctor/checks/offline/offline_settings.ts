/** Checks of settings that apply only to runs without actors. */
import { requireEvaluable } from "../../../evaluation/interim_evaluation.ts";
import { error, type Finding, warning } from "../../check.ts";
import type { Settings } from "../../setup_context.ts";

export function nothingToLearnFrom({ config: { dataset, handrail } }: Settings): Finding[] {
  if (dataset !== null || handrail.demonstrations.episodes > 0) return [];
  return [
    error("dataset is null: without actors there is nothing else to learn from", {
      todo:
        "Name one with --dataset.repo_id and --dataset.root, or let the run record demonstrations in simulation with " +
        "--handrail.demonstrations.episodes=20.",
    }),
  ];
}

export function evaluations({ config }: Settings): Finding[] {
  const { env_eval_freq, handrail } = config;
  if (env_eval_freq === 0) {
    if (handrail.solved === null) return [];
    const why = "There are no evaluations, so none can end the run.";
    const todo = "Set env_eval_freq, such as 500, or write null.";
    return [warning("handrail.solved is set, and env_eval_freq is 0", { why, todo })];
  }
  try {
    requireEvaluable(config);
    return [];
  } catch (cause) {
    const why = `The run trains without evaluations: ${(cause as Error).message}.`;
    return [warning(`env_eval_freq is ${env_eval_freq}`, { why, todo: "Write 0, or an env of a simulation." })];
  }
}
