/** The stream of a run's events, in one process: whoever learns something emits, whoever wants to know subscribes. */
import type { RunEvent, UntimedRunEvent } from "./run_event.ts";

export type RunEventListener = (event: RunEvent) => void;

export class RunEvents {
  readonly #listeners = new Set<RunEventListener>();
  readonly #now: () => number;

  /** @param now seconds since 1970. */
  constructor(now: () => number = () => Date.now() / 1000) {
    this.#now = now;
  }

  emit(event: UntimedRunEvent): void {
    const timed = { time_s: this.#now(), ...event } as RunEvent;
    for (const listener of this.#listeners) listener(timed);
  }

  /** @returns ends the subscription. */
  subscribe(listener: RunEventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
