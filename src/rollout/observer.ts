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
  /** `Teleoperator.id` of the device that chose the action; null if the policy did. */
  readonly steeredBy: string | null;
  readonly reward: number;
  /** A reward model's probability of success after the step, from 0 to 1; null without a reward model. */
  readonly successProbability: number | null;
  readonly nextObservation: TensorRecord;
  readonly terminated: boolean;
  readonly truncated: boolean;
  readonly info: Readonly<Record<string, unknown>>;
}

/** A step that the learner trains on. */
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
 * Called in the control loop between two steps, so it must return within a fraction of a millisecond. Do not modify the
 * arguments. An observer that throws is reported once and not called again.
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
    this.#notify((observer) => observer.onEpisodeStart?.(start));
  }

  onStep(step: Step): void {
    this.#notify((observer) => observer.onStep?.(step));
  }

  onEpisodeEnd(end: EpisodeEnd): void {
    this.#notify((observer) => observer.onEpisodeEnd?.(end));
  }

  #notify(call: (observer: EpisodeObserver<Step>) => void): void {
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
