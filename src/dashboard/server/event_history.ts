/**
 * What happened so far, for pages that open later, in bounded memory. Each type of event has its own share; when it is
 * full, every second of its events is dropped, so a long run is known evenly, if less finely.
 */
import type { RunEvent } from "../../metrics/index.ts";

/** Of every type; a page is drawn from at most a few thousand. */
const DEFAULT_CAPACITY = 1500;

export class EventHistory {
  readonly #capacity: number;
  readonly #byType = new Map<string, RunEvent[]>();
  #interactionStep = 0;
  #runStarted: RunEvent | undefined;

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  /** Environment steps at the latest event. */
  get interactionStep(): number {
    return this.#interactionStep;
  }

  add(event: RunEvent): void {
    this.#interactionStep = Math.max(this.#interactionStep, event.interaction_step);
    if (event.type === "run_started") this.#runStarted ??= event;
    let events = this.#byType.get(event.type);
    if (events === undefined) {
      events = [];
      this.#byType.set(event.type, events);
    }
    events.push(event);
    if (events.length > this.#capacity) {
      // The newest stays: it is what the status shows.
      const thinned = events.filter((_, i) => (events.length - 1 - i) % 2 === 0);
      this.#byType.set(event.type, thinned);
    }
  }

  /** In the order in which it happened. */
  get events(): RunEvent[] {
    const all = [...this.#byType.values()].flat();
    if (this.#runStarted !== undefined && !all.includes(this.#runStarted)) all.push(this.#runStarted);
    return all.sort((a, b) => a.time_s - b.time_s);
  }
}
