/** What an algorithm needs in its batches, declared as data, so that a learner can check it before the first update. */

/** What a row of a batch must hold. The default of every field gives single transitions: (s, a, r, s′). */
export interface DataSpec {
  /**
   * Consecutive actions per row, this step's first. More than 1 gives `action` the shape `[size, horizon, n]`, with
   * `actionIsPad` where the episode has no such step. Default: 1.
   */
  readonly horizon?: number;
  /**
   * Consecutive observations per row, this step's last. More than 1 gives observations (next ones too) the shape
   * `[size, observationSteps, …shape]`; before the episode's first step, that one is repeated. Default: 1.
   */
  readonly observationSteps?: number;
  /** Whether `nextObservation` is needed. Without it, the last step of an episode can be used too. Default: true. */
  readonly nextObservation?: boolean;
  /** Whether rewards are needed: datasets for imitation seldom have them. Default: true. */
  readonly reward?: boolean;
  /**
   * Rewards summed over the next `steps` steps: `reward` is Σ γᵏ·rₖ, `nextObservation` is what followed the last of them,
   * `done` says whether the task ended within, and `bootstrapDiscount` is γ to the number of steps. Default: one step.
   */
  readonly nStep?: { readonly steps: number; readonly discount: number };
  /** The discounted return from this step to the episode's end, as `returns`. Default: none. */
  readonly returns?: { readonly discount: number };
  /** Extra numbers by name, such as `is_intervention`: each must be in `complementaryInfo`. Default: none. */
  readonly columns?: readonly string[];
}
