/** The actor's side of the transport, independent of the medium: connects, serves the link, and reconnects when it breaks. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { Random } from "../../tensor/random.ts";
import { DeadlineError, Notifier } from "../../utils/notifier.ts";
import { encodeInteraction, encodeTransition } from "../codec/record_codec.ts";
import { TransportError } from "../errors.ts";
import type { OnEvent } from "../events.ts";
import type { Connect, Link, Refusal } from "../link.ts";
import type { InteractionMessage, ReceivedWeights, RecordId, RecordKind, TransitionMessage } from "../messages.ts";
import type { OutboxFolder } from "../outbox/outbox_folder.ts";
import { resolveSettings, type TransportSettings } from "../settings.ts";
import type { ActorEndpoint, ActorOptions, ActorStatus, ActorTransportMetrics } from "../transport.ts";
import { LatestWeights } from "./latest_weights.ts";
import { openOutboxes } from "./open_outboxes.ts";
import { BATCH_BYTES, RecordSender } from "./record_sender.ts";

const FIRST_RECONNECT_DELAY_S = 0.1;
/** Time for the streams of a link to end after a half-close. */
const ENDING_GRACE_S = 0.3;
/** Time to handle data that arrived on the socket together with a stream's end. */
const LAST_FRAMES_S = 0.01;
const REFUSAL_PERIOD_MS = 1000;

/**
 * The result of a medium's `Transport.createActor`: outbox, ids, acknowledgements, weights and reconnection, over links
 * made by `connect`.
 */
export class ActorSession implements ActorEndpoint {
  readonly session: string;
  readonly #settings: TransportSettings;
  readonly #connect: Connect;
  readonly #onEvent: OnEvent;
  readonly #sendDeadlineS: number;
  readonly #folder: OutboxFolder | undefined;
  readonly #transitions: RecordSender;
  readonly #interactions: RecordSender;
  /** Records being written to an outbox. */
  readonly #appending = new Set<Promise<number>>();
  readonly #weights = new LatestWeights();
  readonly #statusChanged = new Notifier();
  readonly #closing = new AbortController();
  readonly #jitter: Random;
  readonly #running: Promise<void>;
  #status: ActorStatus = "connecting";
  #failure: TransportError | undefined;
  #lastProblem = "no attempt yet";
  #connections = 0;
  #disconnectedAtMs = performance.now();
  #refusalReportedAtMs = Number.NEGATIVE_INFINITY;
  /** The last break by corrupt bytes. Repeated failures of the same weights are reported once. */
  #corruption = "";
  #repeatsCorruption = false;

  private constructor(
    connect: Connect,
    options: ActorOptions,
    settings: TransportSettings,
    outboxes: Awaited<ReturnType<typeof openOutboxes>>,
  ) {
    this.session = outboxes.folder?.session ?? randomUUID();
    this.#settings = settings;
    this.#connect = connect;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#sendDeadlineS = options.sendDeadlineS ?? 10;
    this.#folder = outboxes.folder;
    const sender = (kind: RecordKind) =>
      new RecordSender(kind, this.session, outboxes[kind], settings, (refusals) => this.#reportRefused(kind, refusals));
    this.#transitions = sender("transitions");
    this.#interactions = sender("interactions");
    this.#jitter = new Random(crc32(this.session));
    this.#running = this.#run();
  }

  /**
   * Opens the outbox and connects in the background, until closed or permanently failed.
   *
   * @throws TransportError `outbox` if the outbox folder cannot be used.
   */
  static async start(
    connect: Connect,
    options: ActorOptions,
    settings: TransportSettings = resolveSettings(),
  ): Promise<ActorSession> {
    return new ActorSession(connect, options, settings, await openOutboxes(options, settings));
  }

  get status(): ActorStatus {
    return this.#status;
  }

  async ready(deadlineS: number): Promise<void> {
    await this.#until(
      this.#statusChanged,
      () => (this.#status === "connected" ? true : undefined),
      deadlineS,
      () => {
        return `a learner (last attempt: ${this.#lastProblem})`;
      },
    );
  }

  async sendTransition(transition: TransitionMessage): Promise<RecordId> {
    return await this.#send(this.#transitions, encodeTransition(transition));
  }

  async sendInteraction(interaction: InteractionMessage): Promise<RecordId> {
    return await this.#send(this.#interactions, encodeInteraction(interaction));
  }

  takeWeights(): ReceivedWeights | undefined {
    return this.#weights.take();
  }

  async waitForWeights(deadlineS: number): Promise<ReceivedWeights> {
    return await this.#weights.wait(deadlineS, () => this.#failure);
  }

  async flush(deadlineS: number): Promise<void> {
    const deadlineMs = performance.now() + deadlineS * 1000;
    if (this.#appending.size > 0) {
      const deadline = delay(deadlineS * 1000, undefined, { ref: false });
      await Promise.race([Promise.allSettled(this.#appending), deadline]);
    }
    for (const sender of [this.#transitions, this.#interactions]) {
      const target = sender.outbox.newest;
      const remainingS = Math.max(0, (deadlineMs - performance.now()) / 1000);
      const missing = () => sender.outbox.newest - sender.unsent < target;
      await this.#until(
        sender.acknowledged,
        () => (missing() ? undefined : true),
        remainingS,
        () => {
          const problem = this.#status === "connected" ? "" : ` (status ${this.#status}: ${this.#lastProblem})`;
          return `the learner to take ${sender.unsent} more records${problem}`;
        },
      );
    }
  }

  metrics(): ActorTransportMetrics {
    const connected = this.#status === "connected";
    return {
      transitions: this.#transitions.metrics(),
      interactions: this.#interactions.metrics(),
      connected,
      disconnectedS: connected ? 0 : (performance.now() - this.#disconnectedAtMs) / 1000,
      connections: this.#connections,
      weightsVersion: this.#weights.version,
      weightsAgeS: this.#weights.ageS,
    };
  }

  async close(deadlineS = 5): Promise<{ readonly unsent: number }> {
    if (this.#status === "closed") return { unsent: this.#transitions.unsent + this.#interactions.unsent };
    try {
      if (deadlineS > 0 && this.#failure === undefined) await this.flush(deadlineS);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
    }
    this.#failure ??= new TransportError("closed", "this actor endpoint is closed");
    this.#closing.abort(this.#failure);
    this.#setStatus("closed");
    await this.#running;
    await this.#transitions.outbox.close();
    await this.#interactions.outbox.close();
    await this.#folder?.close();
    return { unsent: this.#transitions.unsent + this.#interactions.unsent };
  }

  async #send(sender: RecordSender, record: Uint8Array): Promise<RecordId> {
    if (this.#failure !== undefined) throw this.#failure;
    const { maxMessageBytes } = this.#settings;
    if (record.length + BATCH_BYTES > maxMessageBytes) {
      throw new TransportError(
        "too-large",
        `a record of ${record.length} bytes; maxMessageBytes is ${maxMessageBytes}`,
      );
    }
    const appending = sender.outbox.append(record, this.#sendDeadlineS);
    this.#appending.add(appending);
    try {
      return { session: this.session, sequence: await appending };
    } finally {
      this.#appending.delete(appending);
    }
  }

  /** Limits the events of a learner that refuses many records. */
  #reportRefused(kind: RecordKind, refusals: readonly Refusal[]): void {
    const now = performance.now();
    if (now - this.#refusalReportedAtMs < REFUSAL_PERIOD_MS) return;
    this.#refusalReportedAtMs = now;
    const { refused } = kind === "transitions" ? this.#transitions.metrics() : this.#interactions.metrics();
    const { sequence, reason } = refusals.at(-1)!;
    const message = `the learner refused ${refused} of the ${kind} so far; they are dropped. The last, ${sequence}: ${reason}`;
    this.#onEvent({ level: "warn", code: "record-refused", message, session: this.session });
  }

  async #run(): Promise<void> {
    let delayS = FIRST_RECONNECT_DELAY_S;
    while (!this.#closing.signal.aborted) {
      let connectedAtMs = Number.POSITIVE_INFINITY;
      try {
        const link = await this.#connect(this.session, this.#closing.signal);
        connectedAtMs = performance.now();
        await this.#serve(link);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#handleBreak(error);
        if (this.#failure !== undefined) return;
      }
      // A link that breaks at once, e.g. because a handler keeps failing, must not reconnect in a tight loop.
      const lastedS = (performance.now() - connectedAtMs) / 1000;
      if (lastedS > this.#settings.maxReconnectDelayS) delayS = FIRST_RECONNECT_DELAY_S;
      await this.#pause(delayS * (0.5 + this.#jitter.uniform()));
      delayS = Math.min(delayS * 2, this.#settings.maxReconnectDelayS);
    }
  }

  async #serve(link: Link): Promise<void> {
    const ending = new AbortController();
    const cancelling = new AbortController();
    const work: Promise<void>[] = [];
    try {
      await this.#checkRun(link.runId);
      this.#connections++;
      this.#setStatus("connected");
      if (!this.#repeatsCorruption)
        this.#onEvent({ level: "info", code: "connected", message: "connected to the learner", session: this.session });
      work.push(this.#transitions.run(link, ending.signal, cancelling.signal));
      work.push(this.#interactions.run(link, ending.signal, cancelling.signal));
      work.push(this.#weights.run(link, this.session, cancelling.signal));
      await Promise.race([...work, this.#untilClosing(ending.signal)]);
      throw new TransportError("unavailable", "the learner ended a stream");
    } finally {
      // Half-close first and let the streams end; those of a broken connection end without it. Cancelling one at that
      // moment makes the HTTP/2 of Node 20 spin for ever. Streams that remain belong to a live connection.
      ending.abort(new TransportError("unavailable", "the connection broke"));
      await Promise.race([Promise.allSettled(work.slice(0, 2)), sleep(ENDING_GRACE_S)]);
      await sleep(LAST_FRAMES_S);
      cancelling.abort(ending.signal.reason);
      link.close();
      await Promise.allSettled(work);
    }
  }

  /** Resolves when this endpoint closes or the signal aborts. */
  async #untilClosing(signal: AbortSignal): Promise<void> {
    const closing = () => (this.#closing.signal.aborted ? true : undefined);
    await this.#statusChanged.until(closing, { what: "the end", signal }).catch(() => undefined);
  }

  /** A pause that ends early when this endpoint closes. */
  async #pause(seconds: number): Promise<void> {
    const closing = () => (this.#closing.signal.aborted ? true : undefined);
    await this.#statusChanged.until(closing, { what: "the end", deadlineS: seconds }).catch(() => undefined);
  }

  async #checkRun(runId: string): Promise<void> {
    if (this.#folder === undefined || runId === "" || this.#folder.runId === runId) return;
    const left = this.#transitions.metrics().records + this.#interactions.metrics().records;
    if (this.#folder.runId !== "" && left > 0) {
      throw new TransportError(
        "wrong-run",
        `the outbox ${this.#folder.path} may hold records of run "${this.#folder.runId}", the learner runs "${runId}": ` +
          "give this actor another outbox folder, or move the old one away",
      );
    }
    await this.#folder.bindToRun(runId);
  }

  #handleBreak(error: unknown): void {
    const failure =
      error instanceof TransportError
        ? error
        : new TransportError("unavailable", error instanceof Error ? error.message : String(error), { cause: error });
    this.#lastProblem = failure.message;
    const { session } = this;
    this.#repeatsCorruption = failure.code === "corrupt" && failure.message === this.#corruption;
    if (failure.code === "corrupt") this.#corruption = failure.message;
    if (this.#status === "connected") {
      this.#disconnectedAtMs = performance.now();
      if (!this.#repeatsCorruption)
        this.#onEvent({
          level: "warn",
          code: "disconnected",
          message: `lost the learner: ${failure.message}`,
          session,
        });
    }
    if (failure.retryable) {
      this.#setStatus("connecting");
      return;
    }
    this.#failure = failure;
    this.#setStatus("failed");
    this.#onEvent({ level: "error", code: "failed", message: `${failure.code}: ${failure.message}`, session });
  }

  #setStatus(status: ActorStatus): void {
    this.#status = status;
    this.#statusChanged.notify();
    this.#transitions.acknowledged.notify();
    this.#interactions.acknowledged.notify();
    this.#weights.changed.notify();
  }

  async #until(notifier: Notifier, condition: () => true | undefined, deadlineS: number, what: () => string) {
    const orFailed = () => {
      if (this.#failure !== undefined) throw this.#failure;
      return condition();
    };
    try {
      await notifier.until(orFailed, { what: "", deadlineS });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new TransportError("deadline", `waited ${Number(deadlineS.toFixed(2))} s for ${what()}`, { cause: error });
    }
  }
}

async function sleep(seconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
