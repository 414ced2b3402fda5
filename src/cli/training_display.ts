/** What a person sees of a run in a terminal: one line that moves, and above it what they should not miss. */
import { Presets, SingleBar } from "cli-progress";
import { RunHistory, recentShares } from "../metrics/browser.ts";
import type { RunEvent, RunEventOf } from "../metrics/run_event.ts";
import type { RunEvents } from "../metrics/run_events.ts";

const FORMATS = {
  demonstrating: " demonstrating {bar} {value}/{total} episodes",
  learning:
    " learning {bar} {value}/{total} steps · {success} solved alone · {help} steered by the operator · {updates} updates/s · at most {left} left",
  evaluating: " evaluating {bar} {value}/{total} episodes",
} as const;
type Stage = keyof typeof FORMATS;

const WINDOW_EPISODES = 20;
/** Where output is a file, a line is enough this often. */
const LINE_EVERY_MS = 10_000;

export class TrainingDisplay {
  readonly #onlineSteps: number;
  readonly #history = new RunHistory();
  readonly #unsubscribe: () => void;
  #stage: Stage | undefined;
  #bar: SingleBar | undefined;
  #firstStep: { readonly step: number; readonly timeS: number } | undefined;
  #numbers = { success: "–", help: "–", updates: "–", left: "–" };

  constructor(events: RunEvents, onlineSteps: number) {
    this.#onlineSteps = onlineSteps;
    this.#unsubscribe = events.subscribe((event) => this.#on(event));
  }

  demonstrations(done: number, total: number): void {
    this.#show("demonstrating", done, total);
  }

  evaluation(done: number, total: number): void {
    this.#show("evaluating", done, total);
  }

  /** A line of text that stays. */
  print(text: string): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
    process.stderr.write(`${text}\n`);
  }

  close(): void {
    this.#unsubscribe();
    this.#bar?.stop();
  }

  #on(event: RunEvent): void {
    this.#history.add(event);
    switch (event.type) {
      case "actor":
        if (event.state !== "paused") this.#learning(event);
        return;
      case "learner":
        this.#numbers = { ...this.#numbers, updates: event.updates_per_s.toFixed(0) };
        return;
      case "episode": {
        const { solvedAlone, interventionRate } = recentShares(this.#history, WINDOW_EPISODES);
        this.#numbers = { ...this.#numbers, success: percent(solvedAlone), help: percent(interventionRate) };
        return;
      }
      case "evaluation": {
        const { successes, episodes } = event.report;
        this.print(`evaluated after ${event.interaction_step} steps: ${successes} of ${episodes} episodes solved`);
        return;
      }
      case "notice":
        if (event.level !== "info") this.print(`${event.level}: ${event.source}: ${event.message}`);
    }
  }

  #learning({ interaction_step, time_s }: RunEventOf<"actor">): void {
    this.#firstStep ??= { step: interaction_step, timeS: time_s };
    const done = interaction_step - this.#firstStep.step;
    const leftS = ((this.#onlineSteps - interaction_step) * (time_s - this.#firstStep.timeS)) / done;
    if (Number.isFinite(leftS)) this.#numbers = { ...this.#numbers, left: duration(leftS) };
    this.#show("learning", interaction_step, this.#onlineSteps);
  }

  #show(stage: Stage, done: number, total: number): void {
    if (stage !== this.#stage) {
      this.#bar?.stop();
      this.#stage = stage;
      this.#bar = new SingleBar(
        { format: FORMATS[stage], noTTYOutput: true, notTTYSchedule: LINE_EVERY_MS, clearOnComplete: true },
        Presets.shades_classic,
      );
      this.#bar.start(total, done, this.#numbers);
    } else this.#bar!.update(done, this.#numbers);
  }
}

function percent(share: number | null): string {
  return share === null ? "–" : `${Math.round(100 * share)} %`;
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")} min`;
}
