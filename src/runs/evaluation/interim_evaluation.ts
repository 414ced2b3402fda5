/** Evaluations of a run without actors, in simulation. The learner is paused during each. */
import type { LearnerEvaluation, RunningLearner } from "../../learning/learner_options.ts";
import type { EvaluationReport } from "../../metrics/run_event.ts";
import type { RunEvents } from "../../metrics/run_events.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import type { ConfiguredEnv } from "../make_processed_env.ts";
import { LearnerPause } from "../training_run/learner_pause.ts";
import { type EvaluationProgress, evaluateCheckpoint, FIRST_EVALUATION_SEED } from "./evaluate_checkpoint.ts";
import { closeEnvs, makeEnvsSideBySide } from "./side_by_side.ts";

export interface InterimEvaluationOptions {
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  /** Called when an evaluation begins and after each episode; with undefined when it ends or fails. */
  readonly onProgress?: ((progress: EvaluationProgress | undefined) => void) | undefined;
}

export class InterimEvaluation implements LearnerEvaluation {
  readonly everyUpdates: number;
  readonly #options: InterimEvaluationOptions;
  readonly #envs: readonly ConfiguredEnv[];
  #pause: LearnerPause | undefined;
  #latest: { readonly checkpoint: string; readonly report: EvaluationReport } | undefined;

  private constructor(options: InterimEvaluationOptions, envs: readonly ConfiguredEnv[]) {
    this.everyUpdates = options.config.env_eval_freq;
    this.#options = options;
    this.#envs = envs;
  }

  /** undefined if the config asks for no evaluations, or, with a warning, if none can be made. */
  static async prepare(options: InterimEvaluationOptions): Promise<InterimEvaluation | undefined> {
    const { config, events } = options;
    if (config.env_eval_freq === 0) return undefined;
    try {
      requireEvaluable(config);
      return new InterimEvaluation(options, await makeEnvsSideBySide(config, config.eval.n_episodes));
    } catch (error) {
      const message = `env_eval_freq is ${config.env_eval_freq}, but the run makes no evaluations: ${(error as Error).message}`;
      events.emit({ type: "notice", level: "warn", source: "evaluation", message, interaction_step: 0 });
      return undefined;
    }
  }

  /** undefined unless this checkpoint was the latest to be evaluated. */
  reportOf(checkpoint: string): EvaluationReport | undefined {
    return this.#latest?.checkpoint === checkpoint ? this.#latest.report : undefined;
  }

  /** The learner's controls for people. During an evaluation it stays paused. */
  controlOf(learner: RunningLearner): Pick<RunningLearner, "pause" | "resume" | "saveCheckpoint"> {
    const pause = this.#pauseOf(learner);
    return {
      pause: () => pause.pause(),
      resume: () => pause.resume(),
      saveCheckpoint: () => learner.saveCheckpoint(),
    };
  }

  async evaluate(learner: RunningLearner, signal: AbortSignal): Promise<boolean> {
    const { config, events, onProgress } = this.#options;
    const { n_episodes } = config.eval;
    const { solved } = config.handrail;
    const pause = this.#pauseOf(learner);
    let isSolved = false;
    try {
      await pause.keepStill();
      const { folder, step } = await learner.saveCheckpoint();
      const report = await evaluateCheckpoint(folder, {
        processedEnvs: this.#envs,
        episodes: n_episodes,
        device: config.handrail.device,
        signal,
        seed: FIRST_EVALUATION_SEED + step * n_episodes,
        ...(onProgress && { onProgress }),
      });
      // A partial evaluation is not reported.
      signal.throwIfAborted();
      this.#latest = { checkpoint: folder, report };
      events.emit({ type: "evaluation", report, interaction_step: 0 });
      await learner.setScore(report.success_rate);
      isSolved = solved !== null && report.success_rate >= solved.success_rate;
      return isSolved;
    } finally {
      onProgress?.(undefined);
      // The final weights are the ones that passed: nothing is learned after a solution.
      if (!isSolved) await pause.release();
    }
  }

  async close(): Promise<void> {
    await closeEnvs(this.#envs);
  }

  #pauseOf(learner: RunningLearner): LearnerPause {
    this.#pause ??= new LearnerPause(learner);
    return this.#pause;
  }
}

/** @throws Error saying why a policy of this config cannot be evaluated during training. */
export function requireEvaluable(config: Pick<TrainRLServerPipelineConfig, "env" | "save_checkpoint">): void {
  if (!config.save_checkpoint) throw new Error("save_checkpoint is false, and evaluations need checkpoints");
  const { isPhysical = false } = envSettingsOf(config);
  if (isPhysical) throw new Error("env is a real machine: evaluate on it with `handrail eval`, under supervision");
}
