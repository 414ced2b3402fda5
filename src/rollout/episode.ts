/** Counts an episode's steps, return and interventions, and names its outcome. */
import { addStep } from "../metrics/stretches.ts";
import type { ProcessorTransition } from "../processors/transition.ts";
import { verdictOf } from "../teleoperators/teleoperator.ts";
import type { EpisodeEnd, EpisodeOutcome } from "./observer.ts";

export class Episode {
  /** From 1 on. */
  readonly number: number;
  /** Whether the policy acts without exploration noise. */
  readonly deterministic: boolean;
  readonly #startMs = performance.now();
  #return = 0;
  #length = 0;
  #interventionSteps = 0;
  #interventions: [number, number][] = [];
  #solved = false;
  #last: ProcessorTransition | undefined;

  constructor(number: number, deterministic = false) {
    this.number = number;
    this.deterministic = deterministic;
  }

  get length(): number {
    return this.#length;
  }

  get isOver(): boolean {
    return this.#last !== undefined && (this.#last.terminated || this.#last.truncated);
  }

  add(transition: ProcessorTransition): void {
    this.#return += transition.reward;
    if (transition.signals.isIntervention) {
      this.#interventionSteps += 1;
      this.#interventions = addStep(this.#interventions, this.#length);
    }
    this.#length += 1;
    // An episode may continue after success: it stays a success.
    this.#solved ||= transition.signals.success;
    this.#last = transition;
  }

  /** @param outcome instead of what the last step says. */
  end(outcome?: EpisodeOutcome): EpisodeEnd {
    return {
      episode: this.number,
      episodicReturn: this.#return,
      length: this.#length,
      outcome: outcome ?? this.#outcome(),
      interventionSteps: this.#interventionSteps,
      interventions: this.#interventions,
      durationS: (performance.now() - this.#startMs) / 1000,
    };
  }

  #outcome(): EpisodeOutcome {
    if (this.#last === undefined) return "terminated";
    const { signals, terminated, teleoperation } = this.#last;
    if (signals.rerecord) return "rerecorded";
    if (this.#solved && !(teleoperation && verdictOf(teleoperation.events) === "failure")) return "success";
    if (terminated) return "failure";
    return teleoperation?.events.terminateEpisode === true ? "terminated" : "time_limit";
  }
}
