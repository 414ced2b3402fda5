/**
 * Who keeps the learner from learning: a person, or an evaluation, during which it stands still whatever the person does.
 */
import type { Learner } from "../../learning/learner.ts";

type PausableLearner = Pick<Learner, "pause" | "resume" | "progress">;

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

  /** Takes effect when nothing keeps it still any more. */
  async resume(): Promise<void> {
    this.#paused = false;
    if (!this.#keptStill) await this.#learner.resume();
  }

  async keepStill(): Promise<void> {
    this.#paused ||= this.#learner.progress.state === "paused";
    this.#keptStill = true;
    await this.#learner.pause();
  }

  /** Whom a person has paused meanwhile stays so. */
  async release(): Promise<void> {
    this.#keptStill = false;
    if (!this.#paused) await this.#learner.resume();
  }
}
