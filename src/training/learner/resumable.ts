/** Whether a config goes on with the run that a checkpoint was saved of. */
import { isDeepStrictEqual } from "node:util";
import type { TrainRLServerPipelineConfig } from "../config.ts";

/** Values of the policy's config that say how a run is run, not what it trains: they may differ. */
const MAY_DIFFER = new Set([
  "online_steps",
  "online_step_before_learning",
  "actor_learner_config",
  "concurrency",
  "async_prefetch",
  "device",
  "storage_device",
  "use_amp",
  "push_to_hub",
  "repo_id",
  "private",
  "tags",
  "license",
  "pretrained_path",
  "pretrained_revision",
]);

/**
 * A checkpoint's policy and algorithm go on as they were: what differs in the config would be ignored without a word.
 *
 * @throws Error listing every value that differs.
 */
export function assertResumable(
  saved: TrainRLServerPipelineConfig,
  given: TrainRLServerPipelineConfig,
  checkpoint: string,
): void {
  const differences = [
    ...differing("policy", saved.policy, given.policy).filter(([path]) => !MAY_DIFFER.has(path.split(".")[1]!)),
    ...differing("algorithm", saved.algorithm, given.algorithm),
  ];
  if (differences.length === 0) return;
  const lines = differences.map(
    ([path, was, is]) => `${path}: ${text(was)} in the checkpoint, ${text(is)} in the config`,
  );
  throw new Error(
    `cannot go on from ${checkpoint} with this config:\n  ${lines.join("\n  ")}\n` +
      "A resumed run keeps its policy and algorithm: use the checkpoint's values, or start a new run from its weights " +
      `in another output_dir with policy.pretrained_path=${checkpoint}/pretrained_model`,
  );
}

type Difference = readonly [path: string, was: unknown, is: unknown];

function differing(path: string, was: unknown, is: unknown): Difference[] {
  if (isDeepStrictEqual(was, is)) return [];
  if (!isRecord(was) || !isRecord(is)) return [[path, was, is]];
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys].flatMap((key) => differing(`${path}.${key}`, was[key], is[key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value);
}
