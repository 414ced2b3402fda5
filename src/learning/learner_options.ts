/** Options, controls and outcomes of a learner. */
import type { RunEvents } from "../metrics/run_events.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import type { Random } from "../tensor/random.ts";
import type { Transport } from "../transport/transport.ts";
import type { OpenRunFolder } from "./run_folder/run_folder.ts";
import type { SavedCheckpoint } from "./training/training_core.ts";
import type { TrainingProgress } from "./training/training_messages.ts";

export interface StartLearnerOptions {
  /** `output_dir` must be set. With `resume` the run in it continues. */
  readonly config: TrainRLServerPipelineConfig;
  /**
   * Connects the actors. Without it the learner trains on the config's `dataset` alone, and ends after `steps` updates.
   */
  readonly transport?: Transport;
  readonly events: RunEvents;
  /** Stops the learner, with everything saved. */
  readonly signal?: AbortSignal;
  /** Without actors: evaluations while training waits. */
  readonly evaluation?: LearnerEvaluation;
  /** In lockstep: generators of the run besides the learner's own, by name. See `TrainingCoreOptions`. */
  readonly generators?: Readonly<Record<string, Random>>;
  /** The run's folder, if the caller has opened it with `openRunFolder`: then the caller releases it. */
  readonly folder?: OpenRunFolder;
  /** Called once everything is checked, before anything of the run is written and before its first event. */
  readonly onBegin?: () => Promise<void>;
  /** Whether actors' reports become events. Off where actors emit them into `events` themselves. */
  readonly reportActors?: boolean;
}

/** A learner, as evaluations and people control it. */
export interface RunningLearner {
  readonly progress: TrainingProgress;
  /** Stops making updates; transitions are still taken, within `updates_per_step.min`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Saves the run now. Transitions that arrive meanwhile wait. */
  saveCheckpoint(): Promise<SavedCheckpoint>;
  /** Scores the policy, higher is better: the checkpoint with the highest score is kept. */
  setScore(score: number): Promise<void>;
}

export interface LearnerEvaluation {
  /** One more follows the last update. */
  readonly everyUpdates: number;
  /**
   * Evaluates the current policy, from a checkpoint.
   *
   * @param signal Aborts when the learner ends.
   * @returns whether the policy does its task; then the run is over.
   */
  evaluate(learner: RunningLearner, signal: AbortSignal): Promise<boolean>;
}

/**
 * `steps`: the run has reached `policy.online_steps` or, without actors, has made `steps` updates. `solved`: a run without
 * actors has passed an evaluation.
 */
export type LearnerOutcome = "steps" | "solved" | "stopped";
