/**
 * One connection between an actor and the learner, whatever carries it. A medium (gRPC, the same process, later others)
 * implements `Connect`; ids, acknowledgements, dedupe, reconnection and limits live above it and are written once.
 */
import type { RecordBatch } from "./codec/batch_codec.ts";
import type { RecordKind } from "./messages.ts";

export type { RecordBatch };

/** What an actor says when it starts (or restarts) a stream of records. */
export interface Opening {
  readonly protocolVersion: number;
  readonly session: string;
  /** The lowest sequence the actor can still send. */
  readonly oldestHeld: number;
}

/** Cumulative; see `services.proto`. */
export interface Acknowledgement {
  readonly received: number;
  readonly durable: number;
  /** Records that the learner did not take, and never will; news since the acknowledgement before. */
  readonly refused: readonly Refusal[];
}

/** A record that its learner does not want, and why. */
export interface Refusal {
  readonly sequence: number;
  readonly reason: string;
}

/** The weights an actor already has. */
export interface WeightsRequest {
  readonly protocolVersion: number;
  readonly publisher: string;
  readonly version: number;
  /** A newer stream of the same session replaces an older one. */
  readonly session: string;
}

/**
 * A connection after its handshake. Three streams (transitions, interactions, weights) run at the same time, each once.
 * When one ends or throws, the session closes the link and asks for another. An error of the learner keeps its
 * `TransportErrorCode`; what is no `TransportError` counts as `unavailable`.
 */
export interface Link {
  /** `LearnerProtocol.runId`. */
  readonly runId: string;
  /** The largest encoded batch the learner takes: `LearnerProtocol.maxMessageBytes`. */
  readonly maxMessageBytes: number;
  /**
   * One stream of records, to `LearnerProtocol.serveRecords`. Its first acknowledgement answers the opening, and `batches`
   * yields nothing before that. Take the next batch only when the medium has room. When `batches` ends, half-close: the
   * learner acknowledges what it has and ends the stream.
   *
   * @param signal Tears the stream down.
   */
  sendRecords(
    kind: RecordKind,
    opening: Opening,
    batches: AsyncIterable<RecordBatch>,
    signal: AbortSignal,
  ): AsyncIterable<Acknowledgement>;
  /** Encoded weights from `LearnerProtocol.serveWeights`: the newest, whenever the receiver has older ones. */
  receiveWeights(request: WeightsRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Cuts what is left of the connection. */
  close(): void;
}

/**
 * Connects and shakes hands, once, within some seconds.
 *
 * @param signal Gives up.
 * @throws TransportError; retryable ones lead to another attempt.
 */
export type Connect = (session: string, signal: AbortSignal) => Promise<Link>;

/** What a handler did not take of the records it was given. */
// biome-ignore lint/suspicious/noConfusingVoidType: handlers that take everything return nothing.
export type Taken = readonly Refusal[] | undefined | void;
