/** Exports a run's policy with its model card, for use outside the run. */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { PRETRAINED_MODEL, TRAIN_CONFIG_FILE } from "../../learning/checkpoints/layout.ts";
import type { EvaluationReport } from "../../metrics/run_event.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { type ModelCard, writeModelCard } from "../model_card.ts";

export interface ExportPolicyOptions extends Pick<ModelCard, "interactionSteps" | "trainingTimeS"> {
  readonly checkpoint: string;
  /** The run's folder; an earlier export in it is replaced. */
  readonly folder: string;
  readonly trainConfig: TrainRLServerPipelineConfig;
  /** Report of the checkpoint's weights; undefined writes no card. */
  readonly report: EvaluationReport | undefined;
}

/** @returns the policy's folder. */
export async function exportPolicy(options: ExportPolicyOptions): Promise<string> {
  const { checkpoint, folder, trainConfig, report, ...training } = options;
  const policy = join(folder, "policy");
  await rm(policy, { recursive: true, force: true });
  await cp(join(checkpoint, PRETRAINED_MODEL), policy, { recursive: true });
  await writeFileAtomic(join(policy, TRAIN_CONFIG_FILE), `${JSON.stringify(shareable(trainConfig), undefined, 4)}\n`);
  if (report === undefined) return policy;
  const demonstrations = trainConfig.handrail.demonstrations.episodes;
  await writeModelCard(policy, {
    trainConfig,
    report,
    ...training,
    name: trainConfig.job_name ?? "policy",
    ...(demonstrations > 0 && { demonstrations }),
  });
  return policy;
}

/** Removes the training machine's paths. */
function shareable(config: TrainRLServerPipelineConfig): TrainRLServerPipelineConfig {
  const dataset = config.dataset && { ...config.dataset, root: null };
  return { ...config, dataset, output_dir: null, resume: false };
}
