/** The stream of a run's events within one process: sources emit, listeners subscribe. */
import type { RunEvent, UntimedRunEvent } from "./run_event.ts";

export type RunEventListener = (event: RunEvent) => void;

export interface RunEventsOptions {
  /** Seconds since 1970. */
  readonly now?: () => number;
  /** Called with a listener's error, which must not affect the run or other listeners. Default: `console.error`. */
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

  /** Notifies all listeners before it returns, in the order of their subscriptions. */
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

  /** @returns a function that ends the subscription. */
  subscribe(listener: RunEventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
