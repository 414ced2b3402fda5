/**
 * The receiving half of one reliable stream kind: takes batches in order, hands every record to the learner once, and
 * remembers how far it got. One stream per session is live; a newer one supersedes it, because the older may be the
 * far end of a connection that died without a word.
 */
import { Notifier } from "../../utils/notifier.ts";
import type { RecordBatch } from "../codec/batch_codec.ts";
import { TransportError } from "../errors.ts";
import type { OnEvent } from "../events.ts";
import type { Acknowledgement, Opening } from "../link.ts";
import type { RecordId } from "../messages.ts";
import { checkProtocolVersion, checkSession, MAX_BATCH_RECORDS } from "../protocol.ts";
import { Marks } from "./marks.ts";

/** Takes encoded records: all of them, or it rejects and takes none. */
export type TakeRecords = (records: readonly { id: RecordId; encoded: Uint8Array }[]) => Promise<void>;

export interface InboxOptions {
  readonly maxSessions: number;
  readonly maxActors: number;
  /** Whether a record counts as durable as soon as it was taken. */
  readonly durableOnceTaken: boolean;
  readonly take: TakeRecords;
  readonly onEvent: OnEvent;
}

export interface InboxMetrics {
  readonly taken: number;
  /** Records that came again and were acknowledged without being taken again. */
  readonly duplicates: number;
  /** Records that no actor holds any more and this learner does not have. */
  readonly missing: number;
  readonly streams: number;
  /** Encoded bytes that arrived and that the handler has not finished with. */
  readonly pendingBytes: number;
  /** Seconds that the handler, summed over streams, has been working; the actors wait meanwhile. */
  readonly handlerS: number;
}

export class Inbox {
  readonly marks: Marks;
  readonly #options: InboxOptions;
  readonly #changed = new Notifier();
  readonly #live = new Map<string, AbortController>();
  /** Per session, the end of the last batch being taken: streams of one session take turns. */
  readonly #turns = new Map<string, Promise<void>>();
  #held: Promise<void> | undefined;
  #taken = 0;
  #duplicates = 0;
  #missing = 0;
  #pendingBytes = 0;
  #handlerMs = 0;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.marks = new Marks(options.maxSessions);
  }

  metrics(): InboxMetrics {
    return {
      taken: this.#taken,
      duplicates: this.#duplicates,
      missing: this.#missing,
      streams: this.#live.size,
      pendingBytes: this.#pendingBytes,
      handlerS: this.#handlerMs / 1000,
    };
  }

  /** Serves one stream until it ends, is superseded, or `signal` aborts. */
  async *serve(
    opening: Opening,
    batches: AsyncIterable<RecordBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<Acknowledgement> {
    const { session } = opening;
    const controller = this.#begin(opening);
    const live = AbortSignal.any([signal, controller.signal]);
    try {
      await this.#turns.get(session);
      live.throwIfAborted();
      this.#skipWhatNobodyHolds(opening);
      let reading = true;
      let failure: unknown;
      void this.#takeAll(session, batches, live)
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => {
          reading = false;
          this.#changed.notify();
        });
      let sent: Acknowledgement | undefined;
      while (true) {
        const next = await this.#changed.until<Acknowledgement | "end">(
          () => {
            const mark = this.marks.get(session);
            if (mark.received !== sent?.received || mark.durable !== sent.durable) return { ...mark };
            return reading ? undefined : "end";
          },
          { what: "records", signal: live },
        );
        if (next === "end") break;
        sent = next;
        yield next;
      }
      if (failure !== undefined) throw failure;
    } finally {
      // Ends the reader too, when it is the acknowledging side that stopped.
      controller.abort(new TransportError("closed", "the stream has ended"));
      if (this.#live.get(session) === controller) this.#live.delete(session);
    }
  }

  /** Marks records as safe against this process's death. */
  acknowledge(durable: Readonly<Record<string, number>>): void {
    for (const [session, sequence] of Object.entries(durable)) this.marks.setDurable(session, sequence);
    this.#changed.notify();
  }

  /** Resolves when no handler is running; none starts until the returned function is called. */
  async hold(): Promise<() => void> {
    while (this.#held !== undefined) await this.#held;
    const { promise, resolve } = deferred();
    this.#held = promise;
    await Promise.all(this.#turns.values());
    return () => {
      this.#held = undefined;
      resolve();
    };
  }

  #begin(opening: Opening): AbortController {
    checkOpening(opening);
    const { session } = opening;
    const previous = this.#live.get(session);
    if (previous === undefined && this.#live.size >= this.#options.maxActors) {
      throw new TransportError("unavailable", `this learner serves at most ${this.#options.maxActors} actors at once`);
    }
    if (previous !== undefined) {
      const message = `a newer stream of actor session ${session} took over`;
      previous.abort(new TransportError("superseded", message));
      this.#options.onEvent({ level: "info", code: "superseded", message, session });
    }
    const controller = new AbortController();
    this.#live.set(session, controller);
    return controller;
  }

  #skipWhatNobodyHolds(opening: Opening): void {
    const { session, oldestHeld } = opening;
    const missing = oldestHeld - 1 - this.marks.get(session).received;
    if (missing <= 0) return;
    this.marks.requireRoomFor(session);
    this.marks.setReceived(session, oldestHeld - 1);
    this.#missing += missing;
    const message =
      `${missing} records of actor session ${session} were acknowledged by an earlier learner process and are not in ` +
      "this one's state: was it started from an older checkpoint, or from none?";
    this.#options.onEvent({ level: "error", code: "records-missing", message, session });
  }

  async #takeAll(session: string, batches: AsyncIterable<RecordBatch>, live: AbortSignal): Promise<void> {
    for await (const batch of batches) {
      live.throwIfAborted();
      while (this.#held !== undefined) await this.#held;
      live.throwIfAborted();
      const turn = this.#take(session, batch);
      const settled = turn.catch(() => undefined);
      this.#turns.set(session, settled);
      try {
        await turn;
      } finally {
        if (this.#turns.get(session) === settled) this.#turns.delete(session);
      }
      this.#changed.notify();
    }
  }

  async #take(session: string, batch: RecordBatch): Promise<void> {
    const { firstSequence, records } = batch;
    const { received } = this.marks.get(session);
    if (records.length === 0 || records.length > MAX_BATCH_RECORDS) {
      throw new TransportError("malformed", `a batch of ${records.length} records; it holds 1 to ${MAX_BATCH_RECORDS}`);
    }
    if (firstSequence < 1 || firstSequence > received + 1) {
      throw new TransportError("malformed", `a batch starts at ${firstSequence}; the next sequence is ${received + 1}`);
    }
    const known = Math.min(received + 1 - firstSequence, records.length);
    this.#duplicates += known;
    const fresh = records
      .slice(known)
      .map((encoded, index) => ({ id: { session, sequence: firstSequence + known + index }, encoded }));
    if (fresh.length === 0) return;
    this.marks.requireRoomFor(session);
    const bytes = fresh.reduce((sum, record) => sum + record.encoded.length, 0);
    const start = performance.now();
    this.#pendingBytes += bytes;
    try {
      await this.#options.take(fresh);
    } finally {
      this.#pendingBytes -= bytes;
      this.#handlerMs += performance.now() - start;
    }
    this.#taken += fresh.length;
    const last = fresh.at(-1)!.id.sequence;
    this.marks.setReceived(session, last);
    if (this.#options.durableOnceTaken) this.marks.setDurable(session, last);
  }
}

function checkOpening(opening: Opening): void {
  checkProtocolVersion(opening.protocolVersion, "actor");
  checkSession(opening.session);
  if (opening.oldestHeld < 1) {
    throw new TransportError("malformed", `oldest_held is ${opening.oldestHeld}; sequences start at 1`);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
