/**
 * What happened so far, for pages that open later, in bounded memory. Each type of event has its own share; when it is
 * full, only every second of its events is kept from then on, so a long run is known evenly, if less finely.
 */
import type { RunEvent } from "../../metrics/index.ts";

/** Of every type; a page is drawn from at most a few thousand. */
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

  /** In the order in which it happened. */
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
