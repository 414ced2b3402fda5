/** Things a person should hear about. The transport never prints: the application decides where events go. */
import type { TransportError } from "./errors.ts";

export interface TransportEvent {
  readonly level: "info" | "warn" | "error";
  readonly code:
    | "connected"
    | "disconnected"
    | "failed"
    | "refused"
    | "records-missing"
    /** The learner did not want a record; its actor dropped it. */
    | "record-refused"
    | "superseded"
    /** An actor reports more than its rate; the learner takes it as slowly as that. */
    | "slowed-down"
    | "outbox-recovered"
    /** Records of the outbox could not be read, or its files were deleted. */
    | "outbox-damaged"
    /** The disk takes nothing; sends wait. */
    | "outbox-blocked"
    | "outbox-writable"
    | "unencrypted"
    | "handler-failed";
  readonly message: string;
  /** The actor session concerned, where there is one. */
  readonly session?: string;
}

export type OnEvent = (event: TransportEvent) => void;

/** Counts refusals by reason, and reports each reason at most once a second so that a flood cannot flood the log. */
export class RefusalLog {
  readonly #counts = new Map<string, { count: number; reportedAtMs: number }>();
  readonly #counted = new WeakSet<TransportError>();
  readonly #onEvent: OnEvent;

  constructor(onEvent: OnEvent) {
    this.#onEvent = onEvent;
  }

  /** An error counts once, however many layers pass it on. */
  record(error: TransportError, who: string): void {
    if (this.#counted.has(error)) return;
    this.#counted.add(error);
    const { code } = error;
    const entry = this.#counts.get(code) ?? { count: 0, reportedAtMs: Number.NEGATIVE_INFINITY };
    this.#counts.set(code, entry);
    entry.count++;
    const now = performance.now();
    if (now - entry.reportedAtMs < 1000) return;
    entry.reportedAtMs = now;
    this.#onEvent({
      level: "warn",
      code: "refused",
      message: `refused (${code}, ${entry.count} so far): ${who}: ${error.message}`,
    });
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].map(([code, entry]) => [code, entry.count]));
  }
}
