/** Signals about an episode at one step, from the environment, a reward model or a person. */
export interface EpisodeSignals {
  /** The task is solved. A person's verdict overrides the environment's. */
  readonly success: boolean;
  /** A person wants the episode to be recorded again. */
  readonly rerecord: boolean;
  /** A person steered. */
  readonly isIntervention: boolean;
  /** A reward model's probability of success after the step, from 0 to 1; null without a reward model. */
  readonly successProbability: number | null;
  /**
   * Verdict of the environment, or of a reward model in its place, before a person overrides it; null if no environment
   * was stepped.
   */
  readonly environment: EnvironmentVerdict | null;
}

export interface EnvironmentVerdict {
  readonly reward: number;
  readonly terminated: boolean;
  readonly success: boolean;
}

export const NO_SIGNALS: EpisodeSignals = {
  ...{ success: false, rerecord: false, isIntervention: false },
  ...{ successProbability: null, environment: null },
};
