/** The learner's side of the transport without any medium. */
import { randomUUID } from "node:crypto";
import type { Rate } from "../../utils/token_bucket.ts";
import type { RecordBatch } from "../codec/batch_codec.ts";
import { decodeInteraction, decodeTransition } from "../codec/record_codec.ts";
import { TransportError } from "../errors.ts";
import { type OnEvent, RefusalLog } from "../events.ts";
import type { Acknowledgement, Opening, Taken, WeightsRequest } from "../link.ts";
import type { PublishedWeights, RecordId, RecordKind } from "../messages.ts";
import { checkProtocolVersion, shownSession } from "../protocol.ts";
import { resolveSettings, type TransportSettings } from "../settings.ts";
import type { LearnerEndpoint, LearnerOptions, LearnerTransportMetrics } from "../transport.ts";
import { Inbox, type TakeRecords } from "./inbox.ts";
import { emptyState, type LearnerTransportState, parseState } from "./received_watermarks.ts";
import { type OfferedWeights, WeightsBroadcast } from "./weights_broadcast.ts";

/**
 * What a medium's server does with its calls: one instance per learner, for any number of actors. It keeps ids, order,
 * acknowledgements and limits, and checks what comes in. The medium carries bytes, and ends a stream with the error that is
 * thrown here; the error's `code` has to reach the actor, because it decides whether the actor tries again.
 */
export class LearnerProtocol {
  /** For `Link.runId`; empty where the learner has no run. */
  readonly runId: string;
  readonly #settings: TransportSettings;
  readonly #onEvent: OnEvent;
  readonly #inboxes: Readonly<Record<RecordKind, Inbox>>;
  readonly #weights: WeightsBroadcast;
  readonly #refusals: RefusalLog;
  readonly #closing = new AbortController();

  /**
   * @param reportRate How many episode reports of each session are taken; without it as many as come.
   * @throws Error for an `options.state` that is not one.
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
   * What a medium returns from `Transport.createLearner`.
   *
   * @param stop Called once every stream has been ended: stops listening and cuts what is still connected.
   */
  endpoint(address: string, stop: () => void | Promise<void>): LearnerEndpoint {
    return {
      address,
      publishWeights: (weights) => this.publishWeights(weights),
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
   * The learner's end of `Link.sendRecords`: one stream, from its opening to its end.
   *
   * @param batches What arrives; ends when the actor has half-closed its stream.
   * @param signal Aborts when the connection is gone.
   * @throws TransportError to end the stream with.
   */
  async *serveRecords(
    kind: RecordKind,
    opening: Opening,
    batches: AsyncIterable<RecordBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<Acknowledgement> {
    this.#throwIfClosed();
    try {
      yield* this.#inboxes[kind].serve(opening, batches, AbortSignal.any([signal, this.#closing.signal]));
    } catch (error) {
      if (error instanceof TransportError && !signal.aborted)
        this.recordRefusal(error, `${kind} of ${shownSession(opening.session)}`);
      throw error;
    }
  }

  /**
   * The learner's end of `Link.receiveWeights`. Ask for the next weights only when the actor has read the ones before, so
   * that it is not sent weights faster than it reads. The `signal` of an offer aborts when the rest of it need not be sent,
   * for example because a newer stream of the session replaces this one.
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

  /** Counts and reports a call that was turned away; breaks that the actor will mend by itself are not refusals. */
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
