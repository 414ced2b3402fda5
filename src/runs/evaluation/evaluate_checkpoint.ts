/** Evaluates a checkpoint as saved on disk, so the report is about weights that can be loaded again. */
import { join } from "node:path";
import type { ProcessedEnv } from "../../envs/processed_env.ts";
import type { EvaluationReport } from "../../metrics/run_event.ts";
import { evaluatePolicy } from "../../rollout/evaluation/evaluate_policy.ts";
import type { EvaluatePolicyOptions, Player } from "../../rollout/evaluation/evaluation_options.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { EVALUATION_FILE, loadPolicy } from "./load_policy.ts";

/**
 * Training draws its seeds below 2³², so no evaluation starts from a training seed. Above, every environment step (every update,
 * without actors) has its own range of seeds, so no evaluation repeats an earlier one, even after a resume.
 */
export const FIRST_EVALUATION_SEED = 2 ** 32;

export interface EvaluateCheckpointOptions {
  /** At least one; they share the episodes. */
  readonly processedEnvs: readonly ProcessedEnv[];
  readonly episodes: number;
  readonly seed: number;
  /** Where the policy is computed. Default: "cpu". */
  readonly device?: string;
  /** Steps per second. Default: as fast as the environment goes. */
  readonly pacingHz?: number;
  /** The evaluation stops early once this success rate is out of reach; the report covers the episodes until then. */
  readonly neededSuccessRate?: number;
  /** Called at the beginning and after every episode. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
  /** An emergency stop also stops the evaluation. */
  readonly stopSwitch?: EvaluatePolicyOptions["stopSwitch"];
  readonly signal?: AbortSignal;
}

/** Progress of a running evaluation. */
export interface EvaluationProgress {
  /** Completed episodes. */
  readonly episode: number;
  /** Episodes in total. */
  readonly of: number;
  /** Completed episodes that were solved. */
  readonly successes: number;
  /** Optimisation step of the weights; null if unknown. */
  readonly policyStep: number | null;
}

/**
 * @param checkpoint A checkpoint's folder. The report is written next to the policy's weights.
 * @throws the signal's reason if it aborts before the first episode ends.
 */
export async function evaluateCheckpoint(
  checkpoint: string,
  options: EvaluateCheckpointOptions,
): Promise<EvaluationReport> {
  const { processedEnvs, episodes, seed, device = "cpu", pacingHz, neededSuccessRate = 0 } = options;
  const { onProgress, stopSwitch, signal } = options;
  const loaded = await Promise.all(processedEnvs.map(() => loadPolicy(checkpoint, { threads: 1, device })));
  const { folder, step } = loaded[0]!;
  const players = processedEnvs.map((processedEnv, i): Player => ({ ...loaded[i]!, processedEnv }));
  const hopeless = new AbortController();
  const mostFailures = Math.floor(episodes * (1 - neededSuccessRate) + 1e-9);
  let failures = 0;
  const reportProgress = (episode: number) =>
    onProgress?.({ episode, of: episodes, successes: episode - failures, policyStep: step ?? null });
  try {
    reportProgress(0);
    const report = await evaluatePolicy({
      ...players[0]!,
      players,
      episodes,
      seed,
      step,
      onEpisode({ success, episode }) {
        if (!success) failures += 1;
        reportProgress(episode + 1);
        if (failures > mostFailures) hopeless.abort();
      },
      ...(pacingHz !== undefined && { pacingHz }),
      ...(stopSwitch && { stopSwitch }),
      signal: signal ? AbortSignal.any([signal, hopeless.signal]) : hopeless.signal,
    });
    await writeFileAtomic(join(folder, EVALUATION_FILE), `${JSON.stringify(report, undefined, 2)}\n`);
    return report;
  } finally {
    for (const { policy } of loaded) await policy.dispose();
  }
}
