/** Turns reports of actors in other processes into events of the run, at a rate that a person could read. */
import type { UncountedRunEvent } from "../../metrics/run_event.ts";
import type { ActorReport, StatusReport } from "../../spec/actor_report.ts";
import { TransportError } from "../../transport/errors.ts";
import { TokenBuckets } from "../../utils/token_bucket.ts";

/** They report once a second. */
const SILENT_AFTER_MS = 5000;
/** Limits of one session. What is left out is counted. */
const STATUS_RATE = { burst: 30, perSecond: 4 };
const NOTICE_RATE = { burst: 100, perSecond: 2 };
const REMEMBERED_SESSIONS = 1024;
/** A session may bring few names: each name stays, with its own set of curves. */
const MAX_NAMES_OF_SESSION = 8;

interface Heard {
  readonly report: StatusReport;
  readonly atMs: number;
}

export class RemoteActors {
  readonly #emit: (event: UncountedRunEvent) => void;
  readonly #now: () => number;
  /** The latest status of every actor that is not silent, by name. */
  readonly #heard = new Map<string, Heard>();
  readonly #statuses: TokenBuckets;
  readonly #notices: TokenBuckets;
  /** By session; the longest silent first. */
  readonly #names = new Map<string, Set<string>>();

  /** @param now milliseconds on any clock. */
  constructor(emit: (event: UncountedRunEvent) => void, now: () => number = () => performance.now()) {
    this.#emit = emit;
    this.#now = now;
    this.#statuses = new TokenBuckets(STATUS_RATE, REMEMBERED_SESSIONS, now);
    this.#notices = new TokenBuckets(NOTICE_RATE, REMEMBERED_SESSIONS, now);
  }

  /** @throws TransportError `refused` for one name too many. */
  checkName(session: string, name: string): void {
    const names = this.#names.get(session) ?? new Set();
    if (!names.has(name) && names.size >= MAX_NAMES_OF_SESSION) {
      throw new TransportError("refused", `one session reports for at most ${MAX_NAMES_OF_SESSION} names of actors`);
    }
    names.add(name);
    this.#names.delete(session);
    this.#names.set(session, names);
    if (this.#names.size > REMEMBERED_SESSIONS) this.#names.delete(this.#names.keys().next().value!);
  }

  /**
   * @param reports in order; only the newest status of an actor counts.
   * @returns how many notices and states came too fast and were left out.
   */
  take(session: string, reports: readonly ActorReport[]): number {
    let leftOut = 0;
    const newest = new Map<string, StatusReport>();
    for (const report of reports) {
      if (report.kind === "status") newest.set(report.actor, report);
      else if (report.kind === "notice") {
        if (!this.#notices.of(session).tryTake()) leftOut += 1;
        else this.#emit({ type: "notice", level: report.level, source: report.actor, message: report.message });
      } else if (report.kind === "episode") {
        const { kind: _, interaction_step: _ofActor, ...episode } = report;
        this.#emit({ type: "episode", ...episode });
      }
    }
    for (const report of newest.values()) {
      if (!this.#statuses.of(session).tryTake()) {
        leftOut += 1;
        continue;
      }
      this.#heard.set(report.actor, { report, atMs: this.#now() });
      this.#emitStatus(report, true);
    }
    return leftOut;
  }

  /** To be called now and then: reports an actor that has gone silent as disconnected, once. */
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
