/**
 * Sends an actor's transitions and reports. Nothing is dropped: each transition goes to the outbox as it happens, and while
 * the outbox is full the robot waits.
 */
import type { ReplayFeatures } from "../../replay/features.ts";
import type { Transition } from "../../replay/transition.ts";
import { REASONS_OF_VALUES, TransitionRejectedError, TransitionValidator } from "../../replay/validate_transition.ts";
import { type ActorReport, toInteraction } from "../../spec/actor_report.ts";
import { TransitionCodec } from "../../spec/transition_message.ts";
import { TransportError } from "../../transport/errors.ts";
import type { RecordId } from "../../transport/messages.ts";
import type { ActorEndpoint } from "../../transport/transport.ts";

/** A send that takes longer is shown as waiting. */
const BLOCKED_MS = 500;
/** Grace period for the last record after the actor was asked to stop. */
const GRACE_MS = 2000;
const DROP_REPORT_MS = 1000;

export class TransitionSender {
  readonly #endpoint: ActorEndpoint;
  readonly #codec: TransitionCodec;
  readonly #signal: AbortSignal;
  readonly #notice: (level: "info" | "warn", message: string) => void;
  readonly #validator: TransitionValidator;
  #pending: Promise<RecordId> | undefined;
  #dropped = 0;
  #dropReportedAtMs = Number.NEGATIVE_INFINITY;
  #waitingSinceMs: number | undefined;

  /** @param signal gives up a send for which there is no room. */
  constructor(
    endpoint: ActorEndpoint,
    features: ReplayFeatures,
    signal: AbortSignal,
    notice: (level: "info" | "warn", message: string) => void,
  ) {
    this.#endpoint = endpoint;
    this.#codec = new TransitionCodec(features);
    this.#validator = new TransitionValidator(features);
    this.#signal = signal;
    this.#notice = notice;
  }

  /** Whether the robot waits for the outbox. */
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
    if (!this.#isWanted(transition)) {
      this.#pending = undefined;
      return;
    }
    const message = this.#codec.toMessage(transition);
    this.#pending = this.#deliver(() => this.#endpoint.sendTransition(message));
    // The next call reports a failure.
    this.#pending.catch(() => {});
  }

  /** No learner trains on numbers beyond its bounds, so they need not travel. */
  #isWanted(transition: Transition): boolean {
    try {
      this.#validator.check(transition);
      return true;
    } catch (error) {
      if (!(error instanceof TransitionRejectedError && REASONS_OF_VALUES.has(error.reason))) throw error;
      this.#dropped += 1;
      const now = performance.now();
      if (now - this.#dropReportedAtMs > DROP_REPORT_MS) {
        this.#dropReportedAtMs = now;
        this.#notice(
          "warn",
          `${this.#dropped} steps could not be trained on and were dropped so far: ${error.message}`,
        );
      }
      return false;
    }
  }

  /**
   * The id of the last transition, once the outbox holds it; undefined before the first, and when the signal aborted while
   * the outbox could not take it.
   */
  async lastId(): Promise<RecordId | undefined> {
    this.#waitingSinceMs = performance.now();
    try {
      return await this.#unlessGivenUp(this.#pending);
    } finally {
      this.#waitingSinceMs = undefined;
    }
  }

  async report(report: ActorReport): Promise<void> {
    const delivery = this.#deliver(() => this.#endpoint.sendInteraction(toInteraction(report)));
    delivery.catch(() => {}); // not awaited once given up
    await this.#unlessGivenUp(delivery);
  }

  /** A stuck disk may keep a record waiting for ever: a process that is stopping does not wait for it. */
  async #unlessGivenUp<T>(delivery: Promise<T> | undefined): Promise<T | undefined> {
    if (delivery === undefined) return undefined;
    const settled = new AbortController();
    try {
      return await Promise.race([delivery, givenUp(this.#signal, settled.signal)]);
    } finally {
      settled.abort();
    }
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

/** Resolves a moment after `signal` aborts; never, once `ended` does. */
async function givenUp(signal: AbortSignal, ended: AbortSignal): Promise<undefined> {
  const { promise, resolve } = deferred();
  const wait = () => {
    const timer = setTimeout(resolve, GRACE_MS);
    ended.addEventListener("abort", () => clearTimeout(timer), { once: true });
  };
  if (signal.aborted) wait();
  else signal.addEventListener("abort", wait, { once: true, signal: ended });
  await promise;
  return undefined;
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
