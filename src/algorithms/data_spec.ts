/** Data requirements of an algorithm, declared so that a learner can check them before the first update. */

/** Required content of one row of a batch. The defaults give single transitions: (s, a, r, s′). */
export interface DataSpec {
  /**
   * Consecutive actions per row, this step's first. More than 1 gives `action` the shape `[size, horizon, n]`, with
   * `actionIsPad` for steps beyond the episode's end. Default: 1.
   */
  readonly horizon?: number;
  /**
   * Consecutive observations per row, this step's last. More than 1 gives observations (next ones too) the shape
   * `[size, observationSteps, …shape]`; before the episode's first step, its observation is repeated. Default: 1.
   */
  readonly observationSteps?: number;
  /** Whether `nextObservation` is needed. Otherwise the last step of an episode can be used too. Default: true. */
  readonly nextObservation?: boolean;
  /** Whether rewards are needed: imitation datasets seldom have them. Default: true. */
  readonly reward?: boolean;
  /**
   * Rewards summed over the next `steps` steps: `reward` is Σ γᵏ·rₖ, `nextObservation` follows the last of them, `done` is 1
   * if the task ended within them, and `bootstrapDiscount` is γ to the number of steps. Default: one step.
   */
  readonly nStep?: { readonly steps: number; readonly discount: number };
  /** The discounted return from this step to the episode's end, as `returns`. Default: none. */
  readonly returns?: { readonly discount: number };
  /** Names of extra numbers, such as `is_intervention`: each must be in `complementaryInfo`. Default: none. */
  readonly columns?: readonly string[];
}
