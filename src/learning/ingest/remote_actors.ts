/** What actors in other processes say of themselves, as events of the run: no more than somebody could read. */
import type { UncountedRunEvent } from "../../metrics/run_event.ts";
import type { ActorReport, StatusReport } from "../../spec/actor_report.ts";
import { TransportError } from "../../transport/errors.ts";
import { TokenBuckets } from "../../utils/token_bucket.ts";

/** They report once a second. */
const SILENT_AFTER_MS = 5000;
/** Of one session. What is left out is told by number. */
const STATUS_RATE = { burst: 30, perSecond: 4 };
const NOTICE_RATE = { burst: 100, perSecond: 2 };
const REMEMBERED_SESSIONS = 1024;
/** Sessions are cheap, names stay: each is a set of curves. */
const MAX_NAMES_OF_SESSION = 8;

interface Heard {
  readonly report: StatusReport;
  readonly atMs: number;
}

export class RemoteActors {
  readonly #emit: (event: UncountedRunEvent) => void;
  readonly #now: () => number;
  /** The last word of every actor that is not silent, by name. */
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
   * @param reports in their order; of how an actor is doing only its newest counts.
   * @returns how many notices and states came faster than anybody reads, and were left out.
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
