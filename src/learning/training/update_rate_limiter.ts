/** How many updates per environment step are wanted: who has to wait for whom. */
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import type { TrainingProgress } from "./training_messages.ts";

type Counters = Pick<TrainingProgress, "step" | "interactionStep">;

export class UpdateRateLimiter {
  readonly #min: number;
  readonly #max: number;
  readonly #warmupSteps: number;

  constructor({ min, max }: TrainRLServerPipelineConfig["handrail"]["updates_per_step"], warmupSteps: number) {
    this.#min = min ?? 0;
    this.#max = max ?? Number.POSITIVE_INFINITY;
    this.#warmupSteps = warmupSteps;
  }

  /** Another update would exceed `max`. */
  learnerWaits({ step, interactionStep }: Counters): boolean {
    return step >= this.#max * interactionStep;
  }

  /** Updates are behind `min`; steps of the warm-up, during which none are made, do not count. */
  actorsWait({ step, interactionStep }: Counters): boolean {
    return step < this.#min * (interactionStep - this.#warmupSteps);
  }
}
