/** Shares the attempts of a recording among several players and returns them in order. */
import type { StepOfTransition } from "../../datasets/writing/write_transitions.ts";
import { Notifier } from "../../utils/notifier.ts";
import type { DemonstrationEnd } from "./demonstration_episodes.ts";

/** Plays whole episodes somewhere else, such as in a thread of its own. */
export interface DemonstrationPlayer {
  /**
   * @param seed Seeds the environment's reset and the operator. The attempt depends on nothing else.
   * @throws what ended it.
   */
  play(seed: number): Promise<PlayedDemonstration>;
}

export interface PlayedDemonstration extends DemonstrationEnd {
  readonly steps: readonly StepOfTransition[];
}

type Outcome = { readonly played: PlayedDemonstration } | { readonly error: unknown };

/** Attempts per player that are played or wait for their turn: one with images takes megabytes. */
const AHEAD = 2;

export class SharedAttempts {
  readonly #seedOf: (attempt: number) => number;
  readonly #mostAhead: number;
  readonly #idle: DemonstrationPlayer[];
  /** Outcomes of attempts that finished ahead of their turn, by attempt number. */
  readonly #outcomes = new Map<number, Outcome>();
  readonly #changed = new Notifier();
  #next: number;
  #end = 0;

  /** @param first The attempt that is taken first. */
  constructor(players: readonly DemonstrationPlayer[], first: number, seedOf: (attempt: number) => number) {
    this.#idle = [...players];
    this.#mostAhead = AHEAD * players.length;
    this.#next = first;
    this.#seedOf = seedOf;
  }

  /**
   * Returns an attempt. To be called for consecutive attempts; later ones are played meanwhile.
   *
   * @param wanted How many attempts are needed, this one included, if all of them are kept: no others are begun.
   * @returns undefined when the signal aborts first.
   * @throws what ended the attempt.
   */
  async take(attempt: number, wanted: number, signal?: AbortSignal): Promise<PlayedDemonstration | undefined> {
    this.#end = attempt + Math.min(wanted, this.#mostAhead);
    this.#begin();
    const taken = await this.#changed
      .until(() => this.#outcomes.get(attempt), { what: `attempt ${attempt}`, signal })
      .catch(() => undefined);
    if (taken === undefined) return undefined;
    this.#outcomes.delete(attempt);
    if ("error" in taken) throw taken.error;
    return taken.played;
  }

  #begin(): void {
    while (this.#next < this.#end) {
      const player = this.#idle.pop();
      if (player === undefined) return;
      void this.#play(player, this.#next++);
    }
  }

  /** A player that fails has nothing more to play: recording ends when it is the attempt's turn. */
  async #play(player: DemonstrationPlayer, attempt: number): Promise<void> {
    try {
      this.#outcomes.set(attempt, { played: await player.play(this.#seedOf(attempt)) });
      this.#idle.push(player);
      this.#begin();
    } catch (error) {
      this.#outcomes.set(attempt, { error });
    }
    this.#changed.notify();
  }
}
