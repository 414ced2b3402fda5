/**
 * The receiving half of one reliable stream: takes batches in order, passes every record to the learner once, and remembers
 * its progress. Each session has one live stream; a newer one supersedes it, because the older may belong to a connection
 * that died silently.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Notifier } from "../../utils/notifier.ts";
import { type Rate, TokenBuckets } from "../../utils/token_bucket.ts";
import type { RecordBatch } from "../codec/batch_codec.ts";
import { TransportError } from "../errors.ts";
import type { OnEvent } from "../events.ts";
import type { Acknowledgement, Refusal, StreamHandshake, Taken } from "../link.ts";
import type { RecordId } from "../messages.ts";
import { checkProtocolVersion, checkSession, MAX_BATCH_RECORDS } from "../protocol.ts";
import { ReceivedWatermarks } from "./received_watermarks.ts";

/** Takes encoded records: all of them except those it returns. If it rejects, none was taken. */
export type TakeRecords = (records: readonly { id: RecordId; encoded: Uint8Array }[]) => Promise<Taken>;

/** Limit of refusals waiting for their actor; beyond it only their number is kept. */
const MAX_REFUSALS = 64;

export interface InboxOptions {
  readonly maxSessions: number;
  readonly maxActors: number;
  /** Whether a record counts as durable as soon as it was taken. */
  readonly durableOnceTaken: boolean;
  readonly take: TakeRecords;
  /** Rate limit of one session's records; excess records wait. */
  readonly rate?: Rate | undefined;
  readonly onEvent: OnEvent;
}

export interface InboxMetrics {
  readonly taken: number;
  /** Records received again and acknowledged without being taken again. */
  readonly duplicates: number;
  /** Records that no actor holds and this learner does not have. */
  readonly missing: number;
  /** Records refused by the handler. */
  readonly refused: number;
  readonly streams: number;
  /** Encoded bytes received that the handler has not finished with. */
  readonly pendingBytes: number;
  /** Seconds of handler time, summed over streams; the actors wait meanwhile. */
  readonly handlerS: number;
}

/** Records a stream has skipped since the last one that its session delivered; kept only as long as the stream. */
interface PassedOver {
  /** The sequence reached. */
  received: number;
  /** Records below the handshake's oldest, which no actor holds. */
  skipped: number;
  /** Records that the actor's outbox lost. */
  lost: number;
}

export class Inbox {
  readonly marks: ReceivedWatermarks;
  readonly #options: InboxOptions;
  readonly #changed = new Notifier();
  readonly #live = new Map<string, AbortController>();
  /** Per session, the completion of the batch being taken: streams of one session take turns. */
  readonly #turns = new Map<string, Promise<void>>();
  #held: Promise<void> | undefined;
  #taken = 0;
  #duplicates = 0;
  #missing = 0;
  #refused = 0;
  /** Per session, refusals not yet sent to its actor. */
  readonly #unreported = new Map<string, Refusal[]>();
  /** Per session with a live stream: a handshake alone is cheap, so its claims are not stored in `marks`. */
  readonly #passed = new Map<string, PassedOver>();
  readonly #rates: TokenBuckets | undefined;
  /** Sessions reported as throttled, while they are served. */
  readonly #slowed = new Set<string>();
  #pendingBytes = 0;
  #handlerMs = 0;

  constructor(options: InboxOptions) {
    this.#options = options;
    // More buckets than concurrent sessions: reconnecting must not earn a new burst.
    if (options.rate !== undefined) this.#rates = new TokenBuckets(options.rate, 16 * options.maxActors);
    this.marks = new ReceivedWatermarks(options.maxSessions);
  }

  metrics(): InboxMetrics {
    return {
      taken: this.#taken,
      duplicates: this.#duplicates,
      missing: this.#missing,
      refused: this.#refused,
      streams: this.#live.size,
      pendingBytes: this.#pendingBytes,
      handlerS: this.#handlerMs / 1000,
    };
  }

  /** Serves one stream until it ends, is superseded, or `signal` aborts. */
  async *serve(
    handshake: StreamHandshake,
    batches: AsyncIterable<RecordBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<Acknowledgement> {
    const { session } = handshake;
    const controller = this.#begin(handshake);
    const live = AbortSignal.any([signal, controller.signal]);
    try {
      await this.#turns.get(session);
      live.throwIfAborted();
      this.#passed.set(session, this.#skipUnheld(handshake));
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
      let sent: Omit<Acknowledgement, "refused"> | undefined;
      while (true) {
        const next = await this.#changed.until<Acknowledgement | "end">(
          () => {
            const mark = { received: this.#received(session), durable: this.marks.get(session).durable };
            const news = mark.received !== sent?.received || mark.durable !== sent.durable;
            if (news) return { ...mark, refused: this.#takeUnreported(session) };
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
      // Also ends the reader if the acknowledging side stopped.
      controller.abort(new TransportError("closed", "the stream has ended"));
      if (this.#live.get(session) === controller) {
        this.#live.delete(session);
        this.#passed.delete(session);
        this.#slowed.delete(session);
      }
    }
  }

  /** Records in `state` survive a crash of this process from now on. */
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

  #begin(handshake: StreamHandshake): AbortController {
    checkHandshake(handshake);
    const { session } = handshake;
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

  #skipUnheld({ session, oldestHeld }: StreamHandshake): PassedOver {
    const { received } = this.marks.get(session);
    const skipped = Math.max(0, oldestHeld - 1 - received);
    return { received: received + skipped, skipped, lost: 0 };
  }

  #received(session: string): number {
    return Math.max(this.marks.get(session).received, this.#passed.get(session)?.received ?? 0);
  }

  async #takeAll(session: string, batches: AsyncIterable<RecordBatch>, live: AbortSignal): Promise<void> {
    for await (const batch of batches) {
      live.throwIfAborted();
      await this.#slowDown(session, batch.records.length, live);
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

  /** Outside of any turn: a snapshot does not wait for a throttled session. */
  async #slowDown(session: string, records: number, live: AbortSignal): Promise<void> {
    const bucket = this.#rates?.of(session);
    if (bucket === undefined) return;
    if (bucket.waitS > 0) {
      if (!this.#slowed.has(session)) {
        const { perSecond } = this.#options.rate!;
        const message = `actor session ${session} sends more than ${perSecond} reports a second: the rest wait at the actor`;
        this.#options.onEvent({ level: "warn", code: "slowed-down", message, session });
      }
      this.#slowed.add(session);
      await delay(1000 * bucket.waitS, undefined, { signal: live });
    }
    bucket.takeAhead(records);
  }

  async #take(session: string, batch: RecordBatch): Promise<void> {
    const { firstSequence, records } = batch;
    const received = this.#received(session);
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
    const passed = this.#passed.get(session)!;
    const intact = fresh.filter((record) => !isLost(record));
    passed.lost += fresh.length - intact.length;
    const last = fresh.at(-1)!.id.sequence;
    if (intact.length === 0) {
      passed.received = last;
      return;
    }
    this.marks.requireRoomFor(session);
    await this.#measure(intact, () => this.#takeRecords(session, intact));
    this.marks.setReceived(session, last);
    if (this.#options.durableOnceTaken) this.marks.setDurable(session, last);
    this.#settle(session, passed);
  }

  async #measure(records: Parameters<TakeRecords>[0], work: () => Promise<void>): Promise<void> {
    const bytes = records.reduce((sum, record) => sum + record.encoded.length, 0);
    const start = performance.now();
    this.#pendingBytes += bytes;
    try {
      await work();
    } finally {
      this.#pendingBytes -= bytes;
      this.#handlerMs += performance.now() - start;
    }
  }

  #takeUnreported(session: string): readonly Refusal[] {
    const refusals = this.#unreported.get(session) ?? [];
    this.#unreported.delete(session);
    return refusals;
  }

  async #takeRecords(session: string, records: Parameters<TakeRecords>[0]): Promise<void> {
    const refused = (await this.#options.take(records)) || [];
    this.#taken += records.length - refused.length;
    this.#refused += refused.length;
    if (refused.length === 0) return;
    this.#unreported.set(session, [...(this.#unreported.get(session) ?? []), ...refused].slice(-MAX_REFUSALS));
    if (this.#unreported.size > this.#options.maxActors) this.#unreported.delete(this.#unreported.keys().next().value!);
  }

  /** A record was delivered: records skipped before it are now counted as missing. */
  #settle(session: string, passed: PassedOver): void {
    const { skipped, lost } = passed;
    passed.skipped = 0;
    passed.lost = 0;
    this.#missing += skipped + lost;
    if (skipped > 0) {
      this.#reportMissing(
        session,
        `${skipped} records of actor session ${session} were acknowledged by an earlier learner process and are not in ` +
          "this one's state: it was probably started from an older checkpoint, or from none",
      );
    }
    if (lost > 0) {
      this.#reportMissing(session, `${lost} records of actor session ${session} are lost: its outbox was damaged`);
    }
  }

  #reportMissing(session: string, message: string): void {
    this.#options.onEvent({ level: "error", code: "records-missing", message, session });
  }
}

/** An empty record stands for one that its actor's outbox lost. */
function isLost({ encoded }: { readonly encoded: Uint8Array }): boolean {
  return encoded.length === 0;
}

function checkHandshake(handshake: StreamHandshake): void {
  checkProtocolVersion(handshake.protocolVersion, "actor");
  checkSession(handshake.session);
  if (handshake.oldestHeld < 1) {
    throw new TransportError("malformed", `oldest_held is ${handshake.oldestHeld}; sequences start at 1`);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
