/** Loads a policy ready to act, with its pipelines and metadata. */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import {
  PRETRAINED_MODEL,
  TRAIN_CONFIG_FILE,
  TRAINING_STATE,
  TRAINING_STEP_FILE,
} from "../../learning/checkpoints/layout.ts";
import { EvaluationReportSchema } from "../../metrics/run_event.ts";
import type { Policy, PolicyOptions } from "../../policies/policy.ts";
import { loadPretrainedPolicy, makePrePostProcessors } from "../../policies/registry.ts";
import { loadPipeline } from "../../processors/pipeline_files.ts";
import {
  POLICY_POSTPROCESSOR,
  POLICY_PREPROCESSOR,
  type PolicyProcessors,
} from "../../processors/policy_processors.ts";
import { weightsSha256 } from "../../rollout/evaluation/weights_hash.ts";
import { type FoundPolicy, findPolicy, type HubOptions, hasFiles, readJson } from "./find_policy.ts";

/** The policy's evaluation report, next to its weights. */
export const EVALUATION_FILE = "evaluation.json";

export interface LoadedPolicy extends FoundPolicy {
  readonly policy: Policy;
  readonly processors: PolicyProcessors;
  /** The config it was trained with; undefined if missing. */
  readonly trainConfigFile: string | undefined;
  /** Optimisation step of the weights, from the checkpoint or a report of these weights; null if unknown. */
  readonly step: number | null;
  /** Notes about missing files and their replacements. */
  readonly notes: readonly string[];
}

/**
 * Loads a policy of Handrail or LeRobot. If its pipelines are missing, they are built from the statistics in its config.
 * Dispose of the policy when done.
 *
 * @param nameOrPath as for `findPolicy`.
 * @throws Error naming what is missing or does not fit.
 */
export async function loadPolicy(nameOrPath: string, options: PolicyOptions & HubOptions = {}): Promise<LoadedPolicy> {
  const found = await findPolicy(nameOrPath, options);
  const { folder } = found;
  const notes: string[] = [];
  const policy = await loadPretrainedPolicy(folder, { ...options, warn: (note) => notes.push(note) });
  const { processors, notes: furtherNotes } = await loadProcessors(folder, policy);
  return {
    ...found,
    policy,
    processors,
    notes: [...notes, ...furtherNotes],
    trainConfigFile: await trainConfigFileOf(folder),
    step: (await stepOfCheckpoint(folder)) ?? (await stepOfReport(folder, policy)) ?? null,
  };
}

/** The config a policy was trained with, which lies in its folder; undefined if missing. */
export async function trainConfigFileOf(folder: string): Promise<string | undefined> {
  return (await hasFiles(folder, [TRAIN_CONFIG_FILE])) ? join(folder, TRAIN_CONFIG_FILE) : undefined;
}

async function loadProcessors(folder: string, policy: Policy) {
  const files = [POLICY_PREPROCESSOR, POLICY_POSTPROCESSOR].map((name) => `${name}.json`);
  if (await hasFiles(folder, files)) {
    const preprocessor = await loadPipeline(folder, POLICY_PREPROCESSOR);
    const postprocessor = await loadPipeline(folder, POLICY_POSTPROCESSOR);
    return { processors: { preprocessor, postprocessor }, notes: [] };
  }
  try {
    const processors = makePrePostProcessors(policy.config);
    return {
      processors,
      notes: [`${folder} has no ${files.join(" and ")}: normalising by the statistics in its config.json`],
    };
  } catch (cause) {
    const message = `${folder} has no ${files.join(" and ")}, and its config.json cannot replace them`;
    throw new Error(`${message}: ${(cause as Error).message}`, { cause });
  }
}

const TrainingStep = z.object({ step: z.int().min(0) });

async function stepOfCheckpoint(folder: string): Promise<number | undefined> {
  if (basename(folder) !== PRETRAINED_MODEL) return undefined;
  const content = await readJson(join(dirname(folder), TRAINING_STATE, TRAINING_STEP_FILE));
  return TrainingStep.safeParse(content).data?.step;
}

/** Ignores a report of other weights. */
async function stepOfReport(folder: string, policy: Policy): Promise<number | undefined> {
  const report = EvaluationReportSchema.safeParse(await readJson(join(folder, EVALUATION_FILE))).data;
  return report?.weights_sha256 === weightsSha256(policy.weights()) ? (report.step ?? undefined) : undefined;
}
