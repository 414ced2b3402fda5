/**
 * The one interface between actors and the learner. Every implementation gives the same guarantees, which
 * `describeTransport` (conformance.ts) checks:
 *
 * - every transition and episode report an actor was told is held reaches the learner's handler exactly once, in order,
 *   across crashes and reconnections of either side;
 * - an actor gets the newest weights and never older ones of the same learner process;
 * - every queue is bounded, every wait has a deadline, and pressure shows in the metrics.
 */
import type { OnEvent } from "./events.ts";
import type { InboxMetrics } from "./learner/inbox.ts";
import type { LearnerTransportState } from "./learner/received_watermarks.ts";
import type { Taken } from "./link.ts";
import type {
  InteractionMessage,
  PublishedWeights,
  ReceivedInteraction,
  ReceivedTransition,
  ReceivedWeights,
  RecordId,
  TransitionMessage,
} from "./messages.ts";
import type { OutboxMetrics } from "./outbox/outbox.ts";

export interface Transport {
  /** Starts to serve actors; resolves when they can connect. */
  createLearner(options: LearnerOptions): Promise<LearnerEndpoint>;
  /** Opens the actor's outbox and starts connecting in the background. */
  createActor(options?: ActorOptions): Promise<ActorEndpoint>;
}

export interface LearnerOptions {
  /**
   * Takes the next transitions of one actor session, in sequence. Resolving means that all of them were taken but those
   * it returns, which will never be: their actor drops, counts and reports them, and goes on. Rejecting means that none
   * was taken (the actor keeps them and sends them again). While it is pending that actor waits: this is the
   * back-pressure. Calls for different sessions overlap.
   *
   * @throws TransportError with code `refused` where nothing of this actor will ever be welcome: it stops with that.
   */
  onTransitions(transitions: readonly ReceivedTransition[]): Taken | Promise<Taken>;
  /** The same for episode reports; without it they are acknowledged unread. */
  onInteractions?(interactions: readonly ReceivedInteraction[]): Taken | Promise<Taken>;
  /**
   * When an actor may forget a record. `"taken"`: as soon as the handler resolved; right when the handler itself stores
   * records safely. `"checkpoint"`: when `acknowledge` covers it; right when checkpoints do. Default `"taken"`.
   */
  readonly acknowledgeWhen?: "taken" | "checkpoint";
  /** What an earlier learner process saved from `state()` or `capture()`, e.g. parsed JSON. */
  readonly state?: unknown;
  /** Ties actor outboxes to one training run, so that leftovers of another never enter this buffer. */
  readonly runId?: string;
  readonly onEvent?: OnEvent;
}

export interface LearnerEndpoint {
  /** Where actors connect, e.g. `127.0.0.1:50051`. */
  readonly address: string;
  /**
   * Offers new weights to every actor; returns at once.
   *
   * @throws RangeError when the version does not rise; TransportError `too-large`.
   */
  publishWeights(weights: PublishedWeights): void;
  /** How far this learner got with each actor; belongs into the checkpoint that holds what the handlers took. */
  state(): LearnerTransportState;
  /** Runs `snapshot` while no handler is running, with the state of that moment; arrivals wait meanwhile. */
  capture<T>(snapshot: (state: LearnerTransportState) => T | Promise<T>): Promise<T>;
  /** Lets actors forget everything up to `state`: call it when the checkpoint with that state is safely on disk. */
  acknowledge(state: LearnerTransportState): void;
  metrics(): LearnerTransportMetrics;
  /** Stops serving; running handlers finish first. */
  close(): Promise<void>;
}

export interface LearnerTransportMetrics {
  readonly transitions: InboxMetrics;
  readonly interactions: InboxMetrics;
  /** Version of the newest published weights; −1 before the first. */
  readonly weightsVersion: number;
  /** Refused calls by reason (a `TransportErrorCode`). */
  readonly refused: Readonly<Record<string, number>>;
}

export interface OutboxSettings {
  /** Where unacknowledged records survive this process. Without it they live in memory only. */
  readonly directory?: string;
  /** Memory for unacknowledged transitions; their whole capacity without a directory. Default 64 MiB. */
  readonly memoryBytes?: number;
  /** Disk for unacknowledged transitions. Default 4 GiB. */
  readonly diskBytes?: number;
  /** Survive power cuts too, at the price of a disk flush per batch of appends. Default false. */
  readonly syncToDisk?: boolean;
}

export interface ActorOptions {
  readonly outbox?: OutboxSettings;
  /** How long a send waits for room in a full outbox. Default 10 s. */
  readonly sendDeadlineS?: number;
  /** Gives up opening an outbox whose disk is full; otherwise that waits for room. */
  readonly signal?: AbortSignal;
  readonly onEvent?: OnEvent;
}

export type ActorStatus = "connecting" | "connected" | "failed" | "closed";

export interface ActorEndpoint {
  /** Names this actor's outbox; with a directory it stays the same across restarts. */
  readonly session: string;
  readonly status: ActorStatus;
  /** @throws TransportError `deadline` when there is no learner in time, or what made the endpoint fail for good. */
  ready(deadlineS: number): Promise<void>;
  /**
   * Resolves with the transition's id once the outbox holds it. From then on it reaches the learner exactly once; with
   * an outbox directory even when this process is killed. The message is copied before the call returns.
   *
   * @throws TransportError `outbox-full` when there was no room in time, `malformed` or `too-large` for a transition
   * that no learner would take, or what made the endpoint fail for good.
   */
  sendTransition(transition: TransitionMessage): Promise<RecordId>;
  /** The same for an episode report. */
  sendInteraction(interaction: InteractionMessage): Promise<RecordId>;
  /** The newest weights that were not taken before; never blocks. */
  takeWeights(): ReceivedWeights | undefined;
  /** Like `takeWeights`, but waits. @throws TransportError `deadline`. */
  waitForWeights(deadlineS: number): Promise<ReceivedWeights>;
  /** Resolves when the learner has everything sent so far. @throws TransportError `deadline`. */
  flush(deadlineS: number): Promise<void>;
  metrics(): ActorTransportMetrics;
  /** Flushes for at most `deadlineS` (default 5 s), disconnects, and says how many records the learner lacks. */
  close(deadlineS?: number): Promise<{ readonly unsent: number }>;
}

export interface SenderMetrics extends OutboxMetrics {
  /** Records put on the wire; counts those sent again. */
  readonly sent: number;
  /** The highest sequence the learner has. */
  readonly received: number;
  /** The highest sequence that survives the learner's death. */
  readonly durable: number;
  /** Records that the learner refused. */
  readonly refused: number;
}

export interface ActorTransportMetrics {
  readonly transitions: SenderMetrics;
  readonly interactions: SenderMetrics;
  readonly connected: boolean;
  /** Seconds since the learner was lost (or since the start); 0 while connected. */
  readonly disconnectedS: number;
  /** Connections made so far. */
  readonly connections: number;
  /** Version of the newest weights that arrived; −1 before the first. */
  readonly weightsVersion: number;
  /** Seconds since the newest weights arrived (or since the start). */
  readonly weightsAgeS: number;
}
