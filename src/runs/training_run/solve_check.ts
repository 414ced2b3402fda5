/** Decides when to evaluate, from the policy's recent success without help. */
import { countsForPolicy, type RunEventOf } from "../../metrics/run_event.ts";

export interface SolveCheckOptions {
  /** Number of recent episodes to consider. */
  readonly window: number;
  /** Share of them that must have been solved without help. */
  readonly successRate: number;
}

type Episode = Pick<RunEventOf<"episode">, "outcome" | "intervention_steps">;

export class SolveCheck {
  readonly #options: SolveCheckOptions;
  readonly #recent: boolean[] = [];

  constructor(options: SolveCheckOptions) {
    this.#options = options;
  }

  /** Share of recent episodes that were solved without help; episodes not yet played count as failures. */
  get autonomousSuccess(): number {
    return this.#recent.filter(Boolean).length / this.#options.window;
  }

  /** @returns whether an evaluation is due. */
  add({ outcome, intervention_steps }: Episode): boolean {
    if (!countsForPolicy(outcome)) return false;
    this.#recent.push(outcome === "success" && intervention_steps === 0);
    if (this.#recent.length > this.#options.window) this.#recent.shift();
    return this.autonomousSuccess >= this.#options.successRate;
  }

  /** Call it after a failed evaluation: the next one needs half a window of new episodes. */
  postpone(): void {
    this.#recent.splice(0, Math.ceil(this.#options.window / 2));
  }
}
