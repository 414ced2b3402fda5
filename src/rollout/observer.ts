/** Observers of episodes that an actor or an evaluation plays: displays, recorders. */
import type { EPISODE_OUTCOMES } from "../metrics/run_event.ts";
import type { Transition } from "../replay/transition.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";

export type EpisodeOutcome = (typeof EPISODE_OUTCOMES)[number];

export interface EpisodeStart {
  /** From 1 on. */
  readonly episode: number;
  /** The policy's first observation, before normalisation. */
  readonly observation: TensorRecord;
  /** The seed of the environment's reset; undefined where its generator continued. */
  readonly seed?: number;
}

export interface WatchedStep {
  readonly episode: number;
  /** Within the episode, from 1 on. */
  readonly episodeStep: number;
  /** Environment steps of this actor so far, this one included. */
  readonly interactionStep: number;
  readonly observation: TensorRecord;
  /** The policy's choice. */
  readonly policyAction: Float32Array;
  /** The executed action: the policy's or the person's. */
  readonly action: Float32Array;
  readonly isIntervention: boolean;
  /** `Teleoperator.id` of who chose the action; null while the policy does. */
  readonly steeredBy: string | null;
  readonly reward: number;
  /** What a reward model makes of what came of the step, from 0 to 1; null without one. */
  readonly successProbability: number | null;
  readonly nextObservation: TensorRecord;
  readonly terminated: boolean;
  readonly truncated: boolean;
  readonly info: Readonly<Record<string, unknown>>;
}

/** A step that something is learned from. */
export interface ActorStep extends WatchedStep {
  /** The step as the learner gets it. */
  readonly experience: Transition;
}

export interface EpisodeEnd {
  readonly episode: number;
  /** Undiscounted. */
  readonly episodicReturn: number;
  /** Environment steps. */
  readonly length: number;
  readonly outcome: EpisodeOutcome;
  readonly interventionSteps: number;
  /** Those steps, from first (inclusive) to last (exclusive), counted from 0. */
  readonly interventions: [first: number, last: number][];
  readonly durationS: number;
}

/**
 * Called from within the control loop, between two steps: anything longer than a fraction of a millisecond belongs
 * elsewhere. Arguments must not be changed. An observer that throws is reported once and not called again.
 */
export interface EpisodeObserver<Step extends WatchedStep = WatchedStep> {
  onEpisodeStart?(start: EpisodeStart): void;
  onStep?(step: Step): void;
  onEpisodeEnd?(end: EpisodeEnd): void;
}

export type ActorObserver = EpisodeObserver<ActorStep>;

/** All observers as one that never throws. */
export class Observers<Step extends WatchedStep = ActorStep> implements Required<EpisodeObserver<Step>> {
  readonly #observers: Set<EpisodeObserver<Step>>;
  readonly #onFailure: (error: unknown) => void;

  constructor(observers: readonly EpisodeObserver<Step>[], onFailure: (error: unknown) => void) {
    this.#observers = new Set(observers);
    this.#onFailure = onFailure;
  }

  onEpisodeStart(start: EpisodeStart): void {
    this.#tell((observer) => observer.onEpisodeStart?.(start));
  }

  onStep(step: Step): void {
    this.#tell((observer) => observer.onStep?.(step));
  }

  onEpisodeEnd(end: EpisodeEnd): void {
    this.#tell((observer) => observer.onEpisodeEnd?.(end));
  }

  #tell(call: (observer: EpisodeObserver<Step>) => void): void {
    for (const observer of this.#observers) {
      try {
        call(observer);
      } catch (error) {
        this.#observers.delete(observer);
        this.#onFailure(error);
      }
    }
  }
}
