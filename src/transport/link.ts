/**
 * One connection between an actor and the learner, over any medium. A medium (gRPC, in-process, others) implements
 * `Connect`; ids, acknowledgements, deduplication, reconnection and limits are implemented once, above it.
 */
import type { RecordBatch } from "./codec/batch_codec.ts";
import type { RecordKind } from "./messages.ts";

export type { RecordBatch };

/** An actor's first message on a new stream of records. */
export interface StreamHandshake {
  readonly protocolVersion: number;
  readonly session: string;
  /** The lowest sequence the actor can still send. */
  readonly oldestHeld: number;
}

/** Cumulative; see `services.proto`. */
export interface Acknowledgement {
  readonly received: number;
  readonly durable: number;
  /** Records that the learner refused for good, since the previous acknowledgement. */
  readonly refused: readonly Refusal[];
}

/** A refused record and the reason. */
export interface Refusal {
  readonly sequence: number;
  readonly reason: string;
}

/** The weights that an actor already has. */
export interface WeightsRequest {
  readonly protocolVersion: number;
  readonly publisher: string;
  readonly version: number;
  /** A newer stream of the same session replaces an older one. */
  readonly session: string;
  /** SHA-256 of the frozen weights that the actor holds, "" for none. Default: it takes all weights in one file only. */
  readonly heldFrozen?: string | undefined;
}

/**
 * A connection after its handshake. Three streams (transitions, interactions, weights) run concurrently, each once. When
 * one ends or throws, the session closes the link and opens another. A learner's error keeps its `TransportErrorCode`; an
 * error that is no `TransportError` counts as `unavailable`.
 */
export interface Link {
  /** `LearnerProtocol.runId`. */
  readonly runId: string;
  /** The largest encoded batch that the learner accepts: `LearnerProtocol.maxMessageBytes`. */
  readonly maxMessageBytes: number;
  /**
   * One stream of records, to `LearnerProtocol.serveRecords`. Its first acknowledgement answers the handshake; `batches`
   * yields nothing before it. Pull the next batch only when the medium has room. When `batches` ends, half-close: the
   * learner acknowledges what it has and ends the stream.
   *
   * @param signal Tears the stream down.
   */
  sendRecords(
    kind: RecordKind,
    handshake: StreamHandshake,
    batches: AsyncIterable<RecordBatch>,
    signal: AbortSignal,
  ): AsyncIterable<Acknowledgement>;
  /** Encoded weights from `LearnerProtocol.serveWeights`: the newest, whenever the receiver's are older. */
  receiveWeights(request: WeightsRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Cuts the rest of the connection. */
  close(): void;
}

/**
 * Connects and shakes hands once, within a few seconds.
 *
 * @param signal Aborts the attempt.
 * @throws TransportError; a retryable one leads to another attempt.
 */
export type Connect = (session: string, signal: AbortSignal) => Promise<Link>;

/** Records that a handler refused. */
// biome-ignore lint/suspicious/noConfusingVoidType: handlers that accept everything return nothing.
export type Taken = readonly Refusal[] | undefined | void;
