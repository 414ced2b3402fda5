/**
 * Records that the learner has not durably taken: a bounded queue with consecutive sequence numbers, newest records in
 * memory, all of them in the journal if one is used. Appending waits when the queue is full.
 */
import { DeadlineError, Notifier } from "../../utils/notifier.ts";
import { Turns } from "../../utils/turns.ts";
import { TransportError } from "../errors.ts";
import type { Journal } from "./journal.ts";

/** A record's cost beyond its bytes: array slots, typed array, promise. Keeps millions of tiny records bounded too. */
const RECORD_OVERHEAD_BYTES = 256;
/** Limit of callers waiting for room; more means that a caller does not await `append`. */
const MAX_WAITING = 64;

export interface OutboxOptions {
  /** Memory for records. Without a journal, the outbox's total capacity. */
  readonly memoryBytes: number;
  /** Disk for the journal. */
  readonly diskBytes: number;
  readonly journal?: Journal;
  /** Called with the reason when the disk accepts no writes, and with undefined when it does again. */
  readonly onProblem?: (problem: string | undefined) => void;
}

export interface OutboxMetrics {
  /** Sequence of the newest record, across restarts with a journal; 0 before the first. */
  readonly last: number;
  /** Records not durably acknowledged. */
  readonly records: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Fill level from 0 (empty) to 1 (appending waits). */
  readonly fill: number;
  /** Seconds that callers have waited for room. */
  readonly blockedS: number;
  /** Why the disk accepts no writes at the moment; appending waits. */
  readonly problem: string | undefined;
  /** Unreadable records of damaged journals, since this process started. */
  readonly lost: number;
}

/** Pauses between attempts to write to a failing disk. */
const FIRST_RETRY_S = 0.2;
const MAX_RETRY_S = 2;

export class Outbox {
  /** Notified whenever a record becomes sendable or room becomes free. */
  readonly changed = new Notifier();
  readonly #options: OutboxOptions;
  /** Records `#cacheFirst … #assigned`, oldest first. */
  #cache: Uint8Array[] = [];
  #cacheFirst: number;
  #cacheBytes = 0;
  /** Bytes in the cache that are not in the journal yet. */
  #unwrittenBytes = 0;
  #assigned: number;
  #safe: number;
  #durable: number;
  #writing: Promise<void> | undefined;
  #failure: TransportError | undefined;
  #problem: string | undefined;
  #closed = false;
  readonly #turns = new Turns();
  #waiting = 0;
  #blockedMs = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#safe = options.journal?.last ?? 0;
    this.#assigned = this.#safe;
    this.#cacheFirst = this.#safe + 1;
    this.#durable = (options.journal?.first ?? 1) - 1;
  }

  /** The lowest sequence that can still be sent. */
  get oldest(): number {
    return this.#durable + 1;
  }

  /** The highest sequence that may be sent: with a journal, its record is written there. */
  get newest(): number {
    return this.#safe;
  }

  metrics(): OutboxMetrics {
    const { journal, memoryBytes, diskBytes } = this.#options;
    const disk = journal?.bytes ?? 0;
    return {
      last: this.#assigned,
      records: this.#assigned - this.#durable,
      memoryBytes: this.#cacheBytes,
      diskBytes: disk,
      fill: Math.min(1, journal === undefined ? this.#cacheBytes / memoryBytes : disk / diskBytes),
      blockedS: this.#blockedMs / 1000,
      problem: this.#problem,
      lost: journal?.lost ?? 0,
    };
  }

  /** Tests whether the disk accepts writes, before records depend on it. */
  async checkDisk(): Promise<void> {
    const { journal } = this.#options;
    if (journal === undefined || (await this.#attempt(() => journal.probe()))) return;
    this.#writing = this.#untilDone(() => journal.probe())
      .then(() => this.#writeAll(journal))
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /**
   * Accepts a record; resolves with its sequence once it is as durable as this outbox can make it. Sequences follow the order
   * of the calls. An accepted record waits for a full or failing disk without a time limit.
   *
   * @throws TransportError `too-large`, `outbox-full` after `deadlineS`, or `outbox` if the outbox closes first.
   */
  append(record: Uint8Array, deadlineS: number): Promise<number> {
    if (this.#waiting === 0 && this.#hasRoom(record)) return this.#take(record);
    if (this.#waiting >= MAX_WAITING) {
      return Promise.reject(
        new TransportError("outbox-full", `${MAX_WAITING} sends already wait for room: await each send`),
      );
    }
    this.#waiting++;
    const start = performance.now();
    return this.#turns.take(() => this.#takeWhenRoom(record, start, deadlineS));
  }

  /** Records from `sequence` (in oldest … newest) on: at least one, else at most `maxBytes` and `maxRecords`. */
  async read(sequence: number, maxBytes: number, maxRecords: number): Promise<Uint8Array[]> {
    if (sequence < this.#cacheFirst) {
      const journal = this.#options.journal;
      if (journal === undefined) throw new TransportError("outbox", `record ${sequence} is no longer held`);
      return await journal.read(sequence, maxBytes, Math.min(maxRecords, this.#safe - sequence + 1));
    }
    const records: Uint8Array[] = [];
    let bytes = 0;
    for (let next = sequence; next <= this.#safe && records.length < maxRecords; next++) {
      const record = this.#cache[next - this.#cacheFirst]!;
      if (records.length > 0 && bytes + record.length > maxBytes) break;
      records.push(record);
      bytes += record.length;
    }
    return records;
  }

  /** Drops every record up to `sequence`. */
  async acknowledge(sequence: number): Promise<void> {
    if (sequence <= this.#durable) return;
    this.#durable = Math.min(sequence, this.#safe);
    this.#evict(() => this.#cacheFirst <= this.#durable);
    await this.#options.journal?.discard(this.#durable);
    this.changed.notify();
  }

  /** Waits until the journal has everything, then closes it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.changed.notify();
    await this.#turns.settled;
    await this.#writing;
    await this.#options.journal?.close();
  }

  async #takeWhenRoom(record: Uint8Array, startMs: number, deadlineS: number): Promise<number> {
    const remainingS = Math.max(0, deadlineS - (performance.now() - startMs) / 1000);
    const settled = () => this.#failure !== undefined || this.#closed || this.#hasRoom(record);
    try {
      await this.changed.until(() => (settled() ? true : undefined), { what: "room", deadlineS: remainingS });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      const why = this.#problem === undefined ? "" : `: ${this.#problem}`;
      throw new TransportError("outbox-full", `no room in the outbox within ${deadlineS} s${why}`, { cause: error });
    } finally {
      this.#waiting--;
      this.#blockedMs += performance.now() - startMs;
    }
    return await this.#take(record);
  }

  #hasRoom(record: Uint8Array): boolean {
    const { journal, memoryBytes, diskBytes } = this.#options;
    const cost = record.length + RECORD_OVERHEAD_BYTES;
    if (journal === undefined) return this.#cache.length === 0 || this.#cacheBytes + cost <= memoryBytes;
    if (this.#problem !== undefined) return false;
    const pending = this.#unwrittenBytes + cost;
    return (this.#unwrittenBytes === 0 || pending <= memoryBytes) && journal.bytes + pending <= diskBytes;
  }

  async #take(record: Uint8Array): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) throw new TransportError("closed", "the outbox is closed");
    const sequence = ++this.#assigned;
    const cost = record.length + RECORD_OVERHEAD_BYTES;
    this.#cache.push(record);
    this.#cacheBytes += cost;
    if (this.#options.journal === undefined) {
      this.#safe = sequence;
      this.changed.notify();
      return sequence;
    }
    this.#unwrittenBytes += cost;
    this.#writing ??= this.#writeAll(this.#options.journal).finally(() => {
      this.#writing = undefined;
    });
    await this.changed.until(() => (this.#safe >= sequence || this.#failure !== undefined ? true : undefined), {
      what: "the journal",
    });
    if (this.#safe < sequence) throw this.#failure!;
    return sequence;
  }

  /** One writer at a time; while it writes, the next records form its next batch. */
  async #writeAll(journal: Journal): Promise<void> {
    while (this.#safe < this.#assigned && this.#failure === undefined) {
      const batch = this.#cache.slice(this.#safe + 1 - this.#cacheFirst);
      const append = () => journal.append(batch);
      if (!(await this.#attempt(append)) && !(await this.#untilDone(append))) break;
      this.#safe += batch.length;
      this.#unwrittenBytes -= batch.reduce((sum, record) => sum + record.length + RECORD_OVERHEAD_BYTES, 0);
      this.#evict(() => this.#cacheBytes > this.#options.memoryBytes && this.#cacheFirst <= this.#safe);
      this.changed.notify();
    }
  }

  /** Full disks get room again, and most failing ones recover: retries never stop. */
  async #untilDone(write: () => Promise<void>): Promise<boolean> {
    for (let pauseS = FIRST_RETRY_S; !this.#closed; pauseS = Math.min(2 * pauseS, MAX_RETRY_S)) {
      const closed = () => this.#closed || undefined;
      await this.changed.until(closed, { what: "the end", deadlineS: pauseS }).catch(() => {});
      // One last attempt when the outbox closes: the disk may have room by now.
      if (await this.#attempt(write)) return true;
    }
    this.#failure = new TransportError("outbox", `${this.#problem}; waiting records were not accepted`);
    this.changed.notify();
    return false;
  }

  async #attempt(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      this.#setProblem(undefined);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#setProblem(`cannot write the outbox journal: ${reason}`);
      return false;
    }
  }

  #setProblem(problem: string | undefined): void {
    const changed = (problem === undefined) !== (this.#problem === undefined);
    this.#problem = problem;
    if (!changed) return;
    this.#options.onProblem?.(problem);
    this.changed.notify();
  }

  #evict(whileTrue: () => boolean): void {
    let count = 0;
    while (count < this.#cache.length && whileTrue()) {
      this.#cacheBytes -= this.#cache[count]!.length + RECORD_OVERHEAD_BYTES;
      this.#cacheFirst++;
      count++;
    }
    if (count > 0) this.#cache.splice(0, count);
  }
}
