/**
 * What an actor sends. Nothing is dropped: a transition is handed to the outbox as it happens, and where the outbox has no
 * room the robot waits, which is the end of the chain of back-pressure.
 */
import { TransportError } from "../../transport/errors.ts";
import type { RecordId } from "../../transport/messages.ts";
import type { ActorEndpoint } from "../../transport/transport.ts";
import { type ActorReport, toInteraction } from "../actor_report.ts";
import type { TransitionCodec } from "../transition_message.ts";

type Transition = Parameters<TransitionCodec["toMessage"]>[0];

/** Longer than this is told to be a wait. */
const BLOCKED_MS = 500;

export class Outgoing {
  readonly #endpoint: ActorEndpoint;
  readonly #codec: TransitionCodec;
  readonly #signal: AbortSignal;
  readonly #notice: (level: "info" | "warn", message: string) => void;
  #pending: Promise<RecordId> | undefined;
  #waitingSinceMs: number | undefined;

  /** @param signal gives up a send for which there is no room. */
  constructor(
    endpoint: ActorEndpoint,
    codec: TransitionCodec,
    signal: AbortSignal,
    notice: (level: "info" | "warn", message: string) => void,
  ) {
    this.#endpoint = endpoint;
    this.#codec = codec;
    this.#signal = signal;
    this.#notice = notice;
  }

  /** Whether the outbox keeps the robot waiting. */
  get blocked(): boolean {
    return this.#waitingSinceMs !== undefined && performance.now() - this.#waitingSinceMs > BLOCKED_MS;
  }

  /**
   * Sends a transition; resolves when there is room for the next one.
   *
   * @throws TransportError when the endpoint has failed for good or refuses the transition; the one of the transition
   * before this one, too.
   */
  async transition(transition: Transition): Promise<void> {
    await this.lastId();
    const message = this.#codec.toMessage(transition);
    this.#pending = this.#deliver(() => this.#endpoint.sendTransition(message));
    // Whoever asks next hears of a failure.
    this.#pending.catch(() => {});
  }

  /** The id of the last transition, once the outbox holds it; undefined before the first. */
  async lastId(): Promise<RecordId | undefined> {
    this.#waitingSinceMs = performance.now();
    try {
      return await this.#pending;
    } finally {
      this.#waitingSinceMs = undefined;
    }
  }

  async report(report: ActorReport): Promise<void> {
    await this.#deliver(() => this.#endpoint.sendInteraction(toInteraction(report)));
  }

  async #deliver(send: () => Promise<RecordId>): Promise<RecordId> {
    for (let waited = false; ; waited = true) {
      try {
        const id = await send();
        if (waited) this.#notice("info", "the outbox has room again");
        return id;
      } catch (error) {
        const full = error instanceof TransportError && error.code === "outbox-full";
        if (!full || this.#signal.aborted) throw error;
        if (!waited) this.#notice("warn", `the robot waits until the learner takes more: ${error.message}`);
      }
    }
  }
}
