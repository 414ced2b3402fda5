/** The sending half of one reliable stream: sends outbox records in order and drops them once acknowledged. */
import { Notifier } from "../../utils/notifier.ts";
import type { RecordBatch } from "../codec/batch_codec.ts";
import { TransportError } from "../errors.ts";
import type { Acknowledgement, Link, Refusal } from "../link.ts";
import type { RecordKind } from "../messages.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { PROTOCOL_VERSION } from "../protocol.ts";
import type { TransportSettings } from "../settings.ts";
import type { SenderMetrics } from "../transport.ts";

/** Overhead of a batch on the wire, at most: once, and per record. */
export const BATCH_BYTES = 64;
const RECORD_BYTES = 8;

export class RecordSender {
  readonly outbox: Outbox;
  /** Notified when the learner's acknowledgements advance. */
  readonly acknowledged = new Notifier();
  readonly #kind: RecordKind;
  readonly #session: string;
  readonly #settings: TransportSettings;
  #sent = 0;
  #received = 0;
  #durable = 0;
  #refused = 0;
  readonly #onRefused: (refusals: readonly Refusal[]) => void;

  constructor(
    kind: RecordKind,
    session: string,
    outbox: Outbox,
    settings: TransportSettings,
    onRefused: (refusals: readonly Refusal[]) => void,
  ) {
    this.#onRefused = onRefused;
    this.#kind = kind;
    this.#session = session;
    this.outbox = outbox;
    this.#settings = settings;
  }

  /** Records that the learner has not acknowledged. */
  get unsent(): number {
    return this.outbox.newest - Math.max(this.#received, this.outbox.oldest - 1);
  }

  metrics(): SenderMetrics {
    return {
      ...this.outbox.metrics(),
      sent: this.#sent,
      received: this.#received,
      durable: this.#durable,
      refused: this.#refused,
    };
  }

  /**
   * Serves one link; ends or throws with the link.
   *
   * @param ending Stops sending and half-closes the stream.
   * @param cancelling Tears the stream down.
   */
  async run(link: Link, ending: AbortSignal, cancelling: AbortSignal): Promise<void> {
    const handshake = { protocolVersion: PROTOCOL_VERSION, session: this.#session, oldestHeld: this.outbox.oldest };
    const stream = new OneStream();
    const acknowledgements = link.sendRecords(
      this.#kind,
      handshake,
      this.#untilEnding(stream, link, ending),
      cancelling,
    );
    for await (const acknowledgement of acknowledgements) {
      if (stream.received === undefined) this.#checkFirst(acknowledgement);
      stream.received = acknowledgement.received;
      this.#received = acknowledgement.received;
      this.#durable = acknowledgement.durable;
      if (acknowledgement.refused.length > 0) {
        this.#refused += acknowledgement.refused.length;
        this.#onRefused(acknowledgement.refused);
      }
      await this.outbox.acknowledge(acknowledgement.durable);
      stream.acknowledged.notify();
      this.acknowledged.notify();
    }
  }

  /** A learner that is ahead would mistake the next records for ones it already has. */
  #checkFirst({ received }: Acknowledgement): void {
    if (received <= this.outbox.newest) return;
    throw new TransportError(
      "outbox",
      `the learner has ${this.#kind} up to ${received} of this session, the outbox ends at ${this.outbox.newest}: it ` +
        "lost its newest records (a power cut, or an old copy). Move the outbox folder away to start a new session.",
    );
  }

  async *#untilEnding(stream: OneStream, link: Link, ending: AbortSignal): AsyncGenerator<RecordBatch> {
    try {
      yield* this.#batches(stream, link, ending);
    } catch (error) {
      if (!ending.aborted) throw error;
    }
  }

  async *#batches(stream: OneStream, link: Link, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const first = await stream.acknowledged.until(() => stream.received, { what: "the learner's answer", signal });
    const { batchBytes, batchRecords, maxInFlightBytes } = this.#settings;
    const maxBytes = Math.min(batchBytes, link.maxMessageBytes - BATCH_BYTES - batchRecords * RECORD_BYTES);
    let next = Math.max(first, this.outbox.oldest - 1) + 1;
    while (true) {
      await this.outbox.changed.until(() => (this.outbox.newest >= next ? true : undefined), { what: "work", signal });
      await stream.acknowledged.until(() => (stream.hasRoom(maxInFlightBytes) ? true : undefined), {
        what: "acknowledgements",
        signal,
      });
      const records = await this.outbox.read(next, maxBytes, batchRecords);
      yield { firstSequence: next, records };
      this.#sent += records.length;
      next += records.length;
      stream.sent(
        next - 1,
        records.reduce((sum, record) => sum + record.length, 0),
      );
    }
  }
}

/** State of one stream. */
class OneStream {
  readonly acknowledged = new Notifier();
  /** The learner's latest acknowledgement; undefined until it has answered the handshake. */
  received: number | undefined;
  readonly #inFlight: { last: number; bytes: number }[] = [];
  #bytes = 0;

  sent(last: number, bytes: number): void {
    this.#inFlight.push({ last, bytes });
    this.#bytes += bytes;
  }

  hasRoom(maxBytes: number): boolean {
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.last <= this.received!) {
      this.#bytes -= this.#inFlight.shift()!.bytes;
    }
    return this.#bytes === 0 || this.#bytes < maxBytes;
  }
}
