/** How far a run is at each of its events: environment steps of all actors or, in a run without actors, updates. Pure. */
import type { RunEvent } from "./run_event.ts";

export type ProgressUnit = "steps" | "updates";

export class ProgressCount {
  /** Of a run without actors, the latest. */
  #updates: number | undefined;

  /** What is counted, as the latest `run_started` has it. */
  get unit(): ProgressUnit {
    return this.#updates === undefined ? "steps" : "updates";
  }

  /** To be called with every event, in order: an event that names no update is counted at the latest one. */
  at(event: RunEvent): number {
    if (event.type === "run_started") this.#updates = event.offline_step;
    if (this.#updates === undefined) return event.interaction_step;
    this.#updates = Math.max(this.#updates, updateOf(event) ?? 0);
    return this.#updates;
  }
}

function updateOf(event: RunEvent): number | null {
  switch (event.type) {
    case "training":
    case "learner":
    case "checkpoint":
      return event.step;
    case "evaluation":
      return event.report.step;
    default:
      return null;
  }
}
