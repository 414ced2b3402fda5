/** The learner's side of the transport, independent of the medium. */
import { randomUUID } from "node:crypto";
import type { Rate } from "../../utils/token_bucket.ts";
import type { RecordBatch } from "../codec/batch_codec.ts";
import { decodeInteraction, decodeTransition } from "../codec/record_codec.ts";
import { TransportError } from "../errors.ts";
import { type OnEvent, RefusalLog } from "../events.ts";
import type { Acknowledgement, StreamHandshake, Taken, WeightsRequest } from "../link.ts";
import type { PublishedWeights, RecordId, RecordKind } from "../messages.ts";
import { checkProtocolVersion, shownSession } from "../protocol.ts";
import { resolveSettings, type TransportSettings } from "../settings.ts";
import type { LearnerEndpoint, LearnerOptions, LearnerTransportMetrics } from "../transport.ts";
import { Inbox, type TakeRecords } from "./inbox.ts";
import { emptyState, type LearnerTransportState, parseState } from "./received_watermarks.ts";
import { type OfferedWeights, WeightsBroadcast } from "./weights_broadcast.ts";

/**
 * Used by a medium's server: one instance per learner, for any number of actors. It maintains ids, order, acknowledgements
 * and limits, and checks incoming data. The medium carries bytes, and ends a stream with the error thrown here; the error's
 * `code` must reach the actor, because it decides whether the actor retries.
 */
export class LearnerProtocol {
  /** For `Link.runId`; empty without a run. */
  readonly runId: string;
  readonly #settings: TransportSettings;
  readonly #onEvent: OnEvent;
  readonly #inboxes: Readonly<Record<RecordKind, Inbox>>;
  readonly #weights: WeightsBroadcast;
  readonly #refusals: RefusalLog;
  readonly #closing = new AbortController();

  /**
   * @param reportRate Rate limit of each session's episode reports. Default: no limit.
   * @throws Error for an invalid `options.state`.
   */
  constructor(options: LearnerOptions, settings: TransportSettings = resolveSettings(), reportRate?: Rate) {
    this.runId = options.runId ?? "";
    this.#settings = settings;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#refusals = new RefusalLog(this.#onEvent);
    this.#weights = new WeightsBroadcast(randomUUID(), settings);
    const inbox = (take: TakeRecords, rate?: Rate) =>
      new Inbox({
        rate,
        maxSessions: settings.maxSessions,
        maxActors: settings.maxActors,
        durableOnceTaken: (options.acknowledgeWhen ?? "taken") === "taken",
        onEvent: this.#onEvent,
        take,
      });
    this.#inboxes = {
      transitions: inbox(this.#decodeThen(decodeTransition, (records) => options.onTransitions(records))),
      interactions: inbox(
        this.#decodeThen(decodeInteraction, (records) => options.onInteractions?.(records)),
        reportRate,
      ),
    };
    const state = options.state === undefined ? emptyState() : parseState(options.state);
    this.#inboxes.transitions.marks.restore(state.transitions);
    this.#inboxes.interactions.marks.restore(state.interactions);
  }

  /**
   * The result of a medium's `Transport.createLearner`.
   *
   * @param stop Called once every stream has ended: stops listening and cuts remaining connections.
   */
  endpoint(address: string, stop: () => void | Promise<void>): LearnerEndpoint {
    return {
      address,
      publishWeights: (weights) => this.publishWeights(weights),
      takesFrozenWeights: true,
      state: () => this.state(),
      capture: (snapshot) => this.capture(snapshot),
      acknowledge: (state) => this.acknowledge(state),
      metrics: () => this.metrics(),
      close: async () => {
        await this.close();
        await stop();
      },
    };
  }

  /**
   * The learner's end of `Link.sendRecords`: one stream, from its handshake to its end.
   *
   * @param batches Received batches; ends when the actor has half-closed its stream.
   * @param signal Aborts when the connection is gone.
   * @throws TransportError to end the stream with.
   */
  async *serveRecords(
    kind: RecordKind,
    handshake: StreamHandshake,
    batches: AsyncIterable<RecordBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<Acknowledgement> {
    this.#throwIfClosed();
    try {
      yield* this.#inboxes[kind].serve(handshake, batches, AbortSignal.any([signal, this.#closing.signal]));
    } catch (error) {
      if (error instanceof TransportError && !signal.aborted)
        this.recordRefusal(error, `${kind} of ${shownSession(handshake.session)}`);
      throw error;
    }
  }

  /**
   * The learner's end of `Link.receiveWeights`. Pull the next weights only when the actor has read the previous ones, to
   * match its reading speed. The `signal` of an offer aborts when the rest of it is no longer needed, for example because a
   * newer stream of the session replaces this one.
   *
   * @param signal Aborts when the connection is gone.
   * @throws TransportError to end the stream with.
   */
  async *serveWeights(request: WeightsRequest, signal: AbortSignal): AsyncGenerator<OfferedWeights> {
    this.#throwIfClosed();
    checkProtocolVersion(request.protocolVersion, "actor");
    yield* this.#weights.stream(request, AbortSignal.any([signal, this.#closing.signal]));
  }

  publishWeights(weights: PublishedWeights): void {
    this.#weights.publish(weights);
  }

  state(): LearnerTransportState {
    const { transitions, interactions } = this.#inboxes;
    return { version: 1, transitions: transitions.marks.received(), interactions: interactions.marks.received() };
  }

  async capture<T>(snapshot: (state: LearnerTransportState) => T | Promise<T>): Promise<T> {
    const releaseTransitions = await this.#inboxes.transitions.hold();
    const releaseInteractions = await this.#inboxes.interactions.hold();
    try {
      return await snapshot(this.state());
    } finally {
      releaseInteractions();
      releaseTransitions();
    }
  }

  acknowledge(state: LearnerTransportState): void {
    this.#inboxes.transitions.acknowledge(state.transitions);
    this.#inboxes.interactions.acknowledge(state.interactions);
  }

  metrics(): LearnerTransportMetrics {
    return {
      transitions: this.#inboxes.transitions.metrics(),
      interactions: this.#inboxes.interactions.metrics(),
      weightsVersion: this.#weights.version,
      refused: this.#refusals.counts(),
    };
  }

  /** Counts and reports a refused call; breaks after which the actor reconnects are not refusals. */
  recordRefusal(error: TransportError, who: string): void {
    const mended = error.retryable && error.code !== "stalled";
    if (mended || error.code === "closed" || error.code === "superseded") return;
    this.#refusals.record(error, who);
  }

  /** Ends every stream, once running handlers have finished. */
  async close(): Promise<void> {
    this.#closing.abort(new TransportError("unavailable", "the learner is closing"));
    await this.capture(() => {});
  }

  /** For `Link.maxMessageBytes`. */
  get maxMessageBytes(): number {
    return this.#settings.maxMessageBytes;
  }

  #throwIfClosed(): void {
    this.#closing.signal.throwIfAborted();
  }

  #decodeThen<T extends object>(
    decode: (encoded: Uint8Array) => T,
    take: (records: readonly (T & { readonly id: RecordId })[]) => Taken | Promise<Taken>,
  ): TakeRecords {
    return async (records) => {
      const decoded = records.map(({ id, encoded }) => ({ ...decode(encoded), id }));
      try {
        return await take(decoded);
      } catch (error) {
        if (error instanceof TransportError && error.code === "refused") throw error;
        const message = `the learner's handler failed: ${error instanceof Error ? error.message : String(error)}`;
        this.#onEvent({ level: "error", code: "handler-failed", message, session: records[0]!.id.session });
        throw new TransportError("failed", message, { cause: error });
      }
    };
  }
}
