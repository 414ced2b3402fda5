/** What actors in other processes say of themselves, as events of the run. */
import type { UncountedRunEvent } from "../../metrics/run_event.ts";
import type { ActorReport, StatusReport } from "../actor_report.ts";

/** They report once a second. */
const SILENT_AFTER_MS = 5000;

interface Heard {
  readonly report: StatusReport;
  readonly atMs: number;
}

export class RemoteActors {
  readonly #emit: (event: UncountedRunEvent) => void;
  readonly #now: () => number;
  /** The last word of every actor that is not silent, by name. */
  readonly #heard = new Map<string, Heard>();

  /** @param now milliseconds on any clock. */
  constructor(emit: (event: UncountedRunEvent) => void, now: () => number = () => performance.now()) {
    this.#emit = emit;
    this.#now = now;
  }

  /** @param reports in their order; of how an actor is doing only its newest counts. */
  take(reports: readonly ActorReport[]): void {
    const newest = new Map<string, StatusReport>();
    for (const report of reports) {
      if (report.kind === "status") newest.set(report.actor, report);
      else if (report.kind === "notice") {
        this.#emit({ type: "notice", level: report.level, source: report.actor, message: report.message });
      } else if (report.kind === "episode") {
        const { kind: _, interaction_step: _ofActor, ...episode } = report;
        this.#emit({ type: "episode", ...episode });
      }
    }
    for (const report of newest.values()) {
      this.#heard.set(report.actor, { report, atMs: this.#now() });
      this.#emitStatus(report, true);
    }
  }

  /** To be called now and then: says once of an actor that has gone silent that it is not connected. */
  missSilent(): void {
    for (const [name, { report, atMs }] of this.#heard) {
      if (this.#now() - atMs < SILENT_AFTER_MS) continue;
      this.#heard.delete(name);
      this.#emitStatus({ ...report, control_frequency_hz: 0 }, false);
    }
  }

  #emitStatus({ kind: _, interaction_step: _ofActor, ...status }: StatusReport, connected: boolean): void {
    this.#emit({ type: "actor", ...status, connected });
  }
}
