/**
 * The interface between actors and the learner. `describeTransport` (conformance.ts) checks the guarantees of every
 * implementation:
 *
 * - every transition and episode report accepted by an actor's outbox reaches the learner's handler exactly once, in
 *   order, across crashes and reconnections of either side;
 * - an actor receives the newest weights and never older ones of the same learner process;
 * - every queue is bounded, every wait has a deadline, and the metrics show back-pressure.
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
  /** Starts serving actors; resolves when they can connect. */
  createLearner(options: LearnerOptions): Promise<LearnerEndpoint>;
  /** Opens the actor's outbox and starts connecting in the background. */
  createActor(options?: ActorOptions): Promise<ActorEndpoint>;
}

export interface LearnerOptions {
  /**
   * Takes the next transitions of one actor session, in sequence. Resolve when all of them are taken, except for those
   * returned: these are refused for good, and their actor drops, counts and reports them. Reject if none was taken (the
   * actor keeps them and sends them again). The actor waits while the call is pending: this is the back-pressure. Calls for
   * different sessions overlap.
   *
   * @throws TransportError with code `refused` if nothing from this actor is ever acceptable: the actor stops with it.
   */
  onTransitions(transitions: readonly ReceivedTransition[]): Taken | Promise<Taken>;
  /** The same for episode reports. Default: they are acknowledged unread. */
  onInteractions?(interactions: readonly ReceivedInteraction[]): Taken | Promise<Taken>;
  /**
   * When an actor may drop a record. `"taken"`: as soon as the handler resolves, for handlers that store records safely.
   * `"checkpoint"`: when `acknowledge` covers it, for handlers that rely on checkpoints. Default: `"taken"`.
   */
  readonly acknowledgeWhen?: "taken" | "checkpoint";
  /** State of an earlier learner process from `state()` or `capture()`, e.g. parsed JSON. */
  readonly state?: unknown;
  /** Ties actor outboxes to one training run, so that records of another run never enter this buffer. */
  readonly runId?: string;
  readonly onEvent?: OnEvent;
}

export interface LearnerEndpoint {
  /** Address for actors, e.g. `127.0.0.1:50051`. */
  readonly address: string;
  /**
   * Offers new weights to every actor; returns at once.
   *
   * @throws RangeError if the version does not increase; TransportError `too-large`.
   */
  publishWeights(weights: PublishedWeights): void;
  /** Whether `publishWeights` takes frozen weights apart from the others. Default: false, and a learner publishes all in one file. */
  readonly takesFrozenWeights?: boolean;
  /** Progress of each actor session; belongs in the checkpoint that holds the received records. */
  state(): LearnerTransportState;
  /** Runs `snapshot` while no handler is running, with the state at that moment; arrivals wait meanwhile. */
  capture<T>(snapshot: (state: LearnerTransportState) => T | Promise<T>): Promise<T>;
  /** Lets actors drop everything up to `state`: call it once the checkpoint with that state is safely on disk. */
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
  /** Folder in which unacknowledged records survive this process. Default: memory only. */
  readonly directory?: string;
  /** Memory for unacknowledged transitions; without a directory, their total capacity. Default: 64 MiB. */
  readonly memoryBytes?: number;
  /** Disk space for unacknowledged transitions. Default: 4 GiB. */
  readonly diskBytes?: number;
  /** Survive power failures too, at the cost of a disk flush per batch of appends. Default: false. */
  readonly syncToDisk?: boolean;
}

export interface ActorOptions {
  readonly outbox?: OutboxSettings;
  /** Time limit for room in a full outbox, per send. Default: 10 s. */
  readonly sendDeadlineS?: number;
  /** Aborts opening an outbox on a full disk. Default: opening waits for room. */
  readonly signal?: AbortSignal;
  readonly onEvent?: OnEvent;
}

export type ActorStatus = "connecting" | "connected" | "failed" | "closed";

export interface ActorEndpoint {
  /** Name of this actor's outbox; with a directory it is the same across restarts. */
  readonly session: string;
  readonly status: ActorStatus;
  /** @throws TransportError `deadline` if no learner is reachable in time, or the endpoint's permanent failure. */
  ready(deadlineS: number): Promise<void>;
  /**
   * Resolves with the transition's id once the outbox holds it. From then on it reaches the learner exactly once, with an
   * outbox directory even if this process is killed. The message is copied before the call returns.
   *
   * @throws TransportError `outbox-full` without room in time, `malformed` or `too-large` for a transition that no learner
   *   accepts, or the endpoint's permanent failure.
   */
  sendTransition(transition: TransitionMessage): Promise<RecordId>;
  /** The same for an episode report. */
  sendInteraction(interaction: InteractionMessage): Promise<RecordId>;
  /** The newest weights not taken yet; never blocks. */
  takeWeights(): ReceivedWeights | undefined;
  /** Like `takeWeights`, but waits. @throws TransportError `deadline`. */
  waitForWeights(deadlineS: number): Promise<ReceivedWeights>;
  /** Resolves when the learner has everything sent so far. @throws TransportError `deadline`. */
  flush(deadlineS: number): Promise<void>;
  metrics(): ActorTransportMetrics;
  /** Flushes for at most `deadlineS` (default 5 s), disconnects, and returns the number of records that the learner lacks. */
  close(deadlineS?: number): Promise<{ readonly unsent: number }>;
}

export interface SenderMetrics extends OutboxMetrics {
  /** Records sent, resent ones included. */
  readonly sent: number;
  /** The highest sequence that the learner has. */
  readonly received: number;
  /** The highest sequence that survives a crash of the learner. */
  readonly durable: number;
  /** Records refused by the learner. */
  readonly refused: number;
}

export interface ActorTransportMetrics {
  readonly transitions: SenderMetrics;
  readonly interactions: SenderMetrics;
  readonly connected: boolean;
  /** Seconds since the connection was lost (or since the start); 0 while connected. */
  readonly disconnectedS: number;
  /** Number of connections so far. */
  readonly connections: number;
  /** Version of the newest received weights; −1 before the first. */
  readonly weightsVersion: number;
  /** Seconds since the newest weights were received (or since the start). */
  readonly weightsAgeS: number;
}
