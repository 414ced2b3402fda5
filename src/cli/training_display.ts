/** A run in the terminal: its status, and a line for each important event. */
import { RunHistory, recentShares } from "../metrics/browser.ts";
import type { RunEvent, RunEventOf } from "../metrics/run_event.ts";
import type { RunEvents } from "../metrics/run_events.ts";
import type { Display } from "./terminal/display.ts";
import { duration, progress } from "./terminal/status.ts";

export interface TrainingDisplayOptions {
  readonly events: RunEvents;
  /** The past events of a resumed run. */
  readonly history: readonly RunEvent[];
  readonly onlineSteps: number;
  readonly display: Display;
}

export class TrainingDisplay {
  readonly #onlineSteps: number;
  readonly #display: Display;
  readonly #history = new RunHistory();
  readonly #unsubscribe: () => void;
  #isStopping = false;
  #firstStep: { readonly step: number; readonly timeS: number } | undefined;
  #updatesPerS: number | undefined;

  constructor({ events, history, onlineSteps, display }: TrainingDisplayOptions) {
    this.#onlineSteps = onlineSteps;
    this.#display = display;
    for (const event of history) this.#history.add(event);
    this.#unsubscribe = events.subscribe((event) => this.#on(event));
  }

  demonstrations(done: number, total: number): void {
    if (!this.#isStopping) this.#display.show(progress("demonstrating", done, total, "episodes"));
  }

  evaluation(done: number, total: number): void {
    if (!this.#isStopping) this.#display.show(progress("evaluating", done, total, "episodes"));
  }

  /** Shows that the run is saving before it stops. */
  stopping(): void {
    this.#isStopping = true;
    this.#display.wait("saving");
  }

  close(): void {
    this.#unsubscribe();
    this.#display.end();
  }

  #on(event: RunEvent): void {
    this.#history.add(event);
    switch (event.type) {
      case "actor":
        if (event.state !== "paused" && !this.#isStopping) this.#learning(event);
        return;
      case "learner":
        this.#updatesPerS = event.updates_per_s;
        return;
      case "evaluation": {
        const { successes, episodes } = event.report;
        const text = `evaluated after ${event.interaction_step} steps: ${successes} of ${episodes} episodes solved`;
        this.#display.print(text);
        return;
      }
      case "notice":
        // Info notices of the run report its outcome, those of the training what its steps run on.
        if (event.level !== "info" || ["train", "training"].includes(event.source)) {
          this.#display.print(noticeLine(event));
        }
    }
  }

  #learning({ interaction_step, time_s }: RunEventOf<"actor">): void {
    this.#firstStep ??= { step: interaction_step, timeS: time_s };
    const done = interaction_step - this.#firstStep.step;
    const leftS = ((this.#onlineSteps - interaction_step) * (time_s - this.#firstStep.timeS)) / done;
    // The dashboard shows the same shares.
    const { solvedAlone, interventionRate } = recentShares(this.#history);
    this.#display.show({
      ...progress("learning", interaction_step, this.#onlineSteps, "steps"),
      details: [
        `${this.#updatesPerS?.toFixed(0) ?? "–"} updates/s`,
        `at most ${Number.isFinite(leftS) ? duration(leftS) : "–"} left`,
        `${percent(solvedAlone)} solved alone`,
        `${percent(interventionRate)} steered by the operator`,
      ],
    });
  }
}

/** Indents every line of a notice but the first, so that its text cannot pass for another notice. */
export function noticeLine({ level, source, message }: RunEventOf<"notice">): string {
  return `${level}: ${source}: ${message.trimEnd().replaceAll("\n", "\n  ")}`;
}

function percent(share: number | null): string {
  return share === null ? "–" : `${Math.round(100 * share)} %`;
}
