/**
 * Combines two reasons to pause the learner: a person, and an evaluation, during which a person cannot resume it.
 */
import type { RunningLearner } from "../../learning/learner_options.ts";

type PausableLearner = Pick<RunningLearner, "pause" | "resume" | "progress">;

export class LearnerPause {
  readonly #learner: PausableLearner;
  #paused = false;
  #keptStill = false;

  constructor(learner: PausableLearner) {
    this.#learner = learner;
  }

  async pause(): Promise<void> {
    this.#paused = true;
    await this.#learner.pause();
  }

  /** Takes effect after a running evaluation. */
  async resume(): Promise<void> {
    this.#paused = false;
    if (!this.#keptStill) await this.#learner.resume();
  }

  async keepStill(): Promise<void> {
    this.#paused ||= this.#learner.progress.state === "paused";
    this.#keptStill = true;
    await this.#learner.pause();
  }

  /** The learner stays paused if a person paused it meanwhile. */
  async release(): Promise<void> {
    this.#keptStill = false;
    if (!this.#paused) await this.#learner.resume();
  }
}
