/** The bounded queue in front of the training: actors wait in it, and in it alone. */
import { Notifier } from "../../utils/notifier.ts";

/** Records that may be under way to the training thread: 10 s of 50 actors at 10 Hz. One batch may exceed it. */
const MAX_QUEUED_RECORDS = 5000;
const MAX_QUEUED_BYTES = 64 * 2 ** 20;

export class IngestQueue {
  readonly #changed = new Notifier();
  readonly #updatesAreBehind: (queuedRecords: number) => boolean;
  #queuedRecords = 0;
  #queuedBytes = 0;
  #waitingRecords = 0;
  #bypasses = 0;

  /**
   * @param updatesAreBehind Whether actors have to wait for the learner, given how many records are on the way to it;
   * `recheck` says that it may have changed.
   */
  constructor(updatesAreBehind: (queuedRecords: number) => boolean) {
    this.#updatesAreBehind = updatesAreBehind;
  }

  /** Records that the training has not taken yet, or that wait to be passed on to it. */
  get records(): number {
    return this.#queuedRecords + this.#waitingRecords;
  }

  /** Resolves when the records may be passed on; `done` must follow. */
  async admit(records: number, bytes: number): Promise<void> {
    this.#waitingRecords += records;
    try {
      await this.#changed.until(() => this.#hasRoom() || undefined, { what: "room in the learner's queue" });
    } finally {
      this.#waitingRecords -= records;
    }
    this.#queuedRecords += records;
    this.#queuedBytes += bytes;
  }

  /** The training has taken them. */
  done(records: number, bytes: number): void {
    this.#queuedRecords -= records;
    this.#queuedBytes -= bytes;
    this.#changed.notify();
  }

  recheck(): void {
    this.#changed.notify();
  }

  /** Lifts the limits while `work` runs, because it waits for blocked senders: at most one batch per actor. */
  async bypassWhile<T>(work: () => Promise<T>): Promise<T> {
    this.#bypasses += 1;
    this.#changed.notify();
    try {
      return await work();
    } finally {
      this.#bypasses -= 1;
    }
  }

  #hasRoom(): boolean {
    if (this.#bypasses > 0) return true;
    const full = this.#queuedRecords >= MAX_QUEUED_RECORDS || this.#queuedBytes >= MAX_QUEUED_BYTES;
    return !full && !this.#updatesAreBehind(this.#queuedRecords);
  }
}
