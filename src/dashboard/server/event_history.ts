/**
 * Keeps past events in bounded memory for pages that open later. Each event type has its own capacity; when it is full,
 * every second event is dropped, so that a long run stays evenly sampled.
 */
import type { RunEvent } from "../../metrics/index.ts";

/** Events per type. */
const DEFAULT_CAPACITY = 1500;

export class EventHistory {
  readonly #capacity: number;
  readonly #byType = new Map<RunEvent["type"], ThinnedEvents>();
  #interactionStep = 0;

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  /** Environment steps at the latest event. */
  get interactionStep(): number {
    return this.#interactionStep;
  }

  add(event: RunEvent): void {
    this.#interactionStep = Math.max(this.#interactionStep, event.interaction_step);
    let events = this.#byType.get(event.type);
    if (events === undefined) {
      events = new ThinnedEvents(this.#capacity);
      this.#byType.set(event.type, events);
    }
    events.add(event);
  }

  /** In chronological order. */
  get events(): RunEvent[] {
    return [...this.#byType.values()].flatMap((events) => events.all).sort((a, b) => a.time_s - b.time_s);
  }
}

/** Every `stride`-th event, the first and the latest among them. */
class ThinnedEvents {
  readonly #capacity: number;
  #kept: RunEvent[] = [];
  #latest: RunEvent | undefined;
  #stride = 1;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(event: RunEvent): void {
    const isKept = this.#count++ % this.#stride === 0;
    this.#latest = isKept ? undefined : event;
    if (!isKept) return;
    this.#kept.push(event);
    if (this.#kept.length < this.#capacity) return;
    this.#latest = this.#kept.at(-1);
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    if (this.#latest === this.#kept.at(-1)) this.#latest = undefined;
    this.#stride *= 2;
  }

  get all(): readonly RunEvent[] {
    return this.#latest === undefined ? this.#kept : [...this.#kept, this.#latest];
  }
}
