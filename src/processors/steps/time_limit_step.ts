/** Time limit of episodes. */
import type { PipelineFeatures, ProcessorStep, StepConfig } from "../step.ts";
import type { ProcessorTransition } from "../transition.ts";

/** Truncates an episode at its time limit, so that the last state keeps its value. */
export class TimeLimitProcessorStep implements ProcessorStep {
  readonly name = "time_limit_processor";
  readonly maxEpisodeSteps: number;
  #steps = 0;

  /** @param maxEpisodeSteps Control steps per episode: seconds × frames per second. */
  constructor(maxEpisodeSteps: number) {
    if (!Number.isSafeInteger(maxEpisodeSteps) || maxEpisodeSteps < 1) {
      throw new RangeError(`max_episode_steps must be a positive integer, got ${maxEpisodeSteps}`);
    }
    this.maxEpisodeSteps = maxEpisodeSteps;
  }

  apply(transition: ProcessorTransition): ProcessorTransition {
    // The first observation of an episode comes without an action.
    if (transition.action === null) return transition;
    this.#steps += 1;
    return { ...transition, truncated: transition.truncated || this.#steps >= this.maxEpisodeSteps };
  }

  reset(): void {
    this.#steps = 0;
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return { max_episode_steps: this.maxEpisodeSteps };
  }
}
