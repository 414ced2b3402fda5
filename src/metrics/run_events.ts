/** The stream of a run's events, in one process: whoever learns something emits, whoever wants to know subscribes. */
import type { RunEvent, UntimedRunEvent } from "./run_event.ts";

export type RunEventListener = (event: RunEvent) => void;

export interface RunEventsOptions {
  /** Seconds since 1970. */
  readonly now?: () => number;
  /** Told what a listener throws: neither the run nor the other listeners may suffer from it. Default `console.error`. */
  readonly onListenerError?: (error: unknown) => void;
}

export class RunEvents {
  readonly #listeners = new Set<RunEventListener>();
  readonly #now: () => number;
  readonly #onListenerError: (error: unknown) => void;

  constructor({ now = () => Date.now() / 1000, onListenerError = console.error }: RunEventsOptions = {}) {
    this.#now = now;
    this.#onListenerError = onListenerError;
  }

  /** Tells all listeners before it returns, in the order in which they subscribed. */
  emit(event: UntimedRunEvent): void {
    const timed = { time_s: this.#now(), ...event } as RunEvent;
    for (const listener of this.#listeners) {
      try {
        listener(timed);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  /** @returns ends the subscription. */
  subscribe(listener: RunEventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
