/** What is said of an episode at one step, by the environment, a reward model or a person. */
export interface EpisodeSignals {
  /** The task is solved. A person's verdict counts before the environment's. */
  readonly success: boolean;
  /** A person wants the episode to be recorded again. */
  readonly rerecord: boolean;
  /** A person steered. */
  readonly isIntervention: boolean;
  /** What a reward model makes of the observation after the step, from 0 to 1; null where none was asked. */
  readonly successProbability: number | null;
  /**
   * What the environment, or a reward model in its place, said of the step, beneath a person's verdict; null where no
   * environment was asked.
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
