/** Events for the operator. The transport never prints: the application decides where events go. */
import type { TransportError } from "./errors.ts";

export interface TransportEvent {
  readonly level: "info" | "warn" | "error";
  readonly code:
    | "connected"
    | "disconnected"
    | "failed"
    | "refused"
    | "records-missing"
    /** The learner refused a record; its actor dropped it. */
    | "record-refused"
    | "superseded"
    /** An actor exceeds its report rate; the learner throttles it. */
    | "slowed-down"
    | "outbox-recovered"
    /** Records of the outbox were unreadable, or its files were deleted. */
    | "outbox-damaged"
    /** The disk accepts no writes; sends wait. */
    | "outbox-blocked"
    | "outbox-writable"
    | "unencrypted"
    | "handler-failed";
  readonly message: string;
  /** The actor session concerned, if any. */
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

  /** An error counts once, through any number of layers. */
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
