/**
 * Decides which page drives the robot. Any number of pages watch; one has control. Free control is granted immediately;
 * otherwise it is requested, and the holder grants or denies it. A holder that goes silent or disconnects loses control.
 */
import { INPUT_TIMEOUT_MS } from "../../limits.ts";
import type { ControlState } from "../../protocol.ts";

export type LossReason = NonNullable<ControlState["lost"]>;

/** Extra time for a new holder's first input. */
const FIRST_INPUT_GRACE_MS = 1000;

export interface ArbiterListener {
  /** The state has changed. */
  onChange(): void;
  /** The holder lost control without releasing it. */
  onLost(client: string, reason: LossReason): void;
}

export class ControlArbiter {
  readonly #listener: ArbiterListener;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  /** Client → name, in order of arrival. */
  readonly #clients = new Map<string, string>();
  readonly #requests = new Set<string>();
  #holder: string | undefined;
  #heardAtMs = 0;
  #lost: LossReason | null = null;

  /**
   * @param timeoutMs silence after which a holder loses control.
   * @param now milliseconds on any clock.
   */
  constructor(
    listener: ArbiterListener,
    timeoutMs: number = INPUT_TIMEOUT_MS,
    now: () => number = () => performance.now(),
  ) {
    this.#listener = listener;
    this.#timeoutMs = timeoutMs;
    this.#now = now;
  }

  get state(): ControlState {
    const person = (client: string) => ({ client, name: this.#clients.get(client) ?? client });
    return {
      holder: this.#holder === undefined ? null : person(this.#holder),
      requests: [...this.#requests].map(person),
      watchers: this.#clients.size,
      lost: this.#lost,
    };
  }

  holds(client: string): boolean {
    return this.#holder === client;
  }

  nameOf(client: string): string {
    return this.#clients.get(client) ?? client;
  }

  rename(client: string, name: string): void {
    if (!this.#clients.has(client) || this.#clients.get(client) === name) return;
    this.#clients.set(client, name);
    this.#listener.onChange();
  }

  join(client: string, name: string): void {
    this.#clients.set(client, name);
    this.#listener.onChange();
  }

  /** Removes a page. A holder that has not released control loses it. */
  leave(client: string): void {
    if (!this.#clients.has(client)) return;
    if (this.#holder === client) this.#lose(client, "disconnected");
    this.#clients.delete(client);
    this.#requests.delete(client);
    this.#listener.onChange();
  }

  take(client: string): void {
    if (!this.#clients.has(client) || this.#holder === client) return;
    if (this.#holder === undefined) this.#give(client);
    else this.#requests.add(client);
    this.#listener.onChange();
  }

  /** Releases control or withdraws a request. Released control goes to the oldest request. */
  release(client: string): void {
    this.#requests.delete(client);
    if (this.#holder === client) {
      this.#holder = undefined;
      this.#lost = null;
      const [next] = this.#requests;
      if (next !== undefined) this.#give(next);
    }
    this.#listener.onChange();
  }

  /** The holder's answer to a request; answers of other pages are ignored. */
  answer(holder: string, client: string, grant: boolean): void {
    if (this.#holder !== holder || !this.#requests.delete(client)) return;
    if (grant) this.#give(client);
    this.#listener.onChange();
  }

  /** Restarts the holder's timeout. */
  heard(client: string): void {
    if (this.#holder === client) this.#heardAtMs = this.#now();
  }

  /** Takes control from a silent holder. Call it every few tens of milliseconds. */
  check(): void {
    if (this.#holder === undefined || this.#now() - this.#heardAtMs <= this.#timeoutMs) return;
    this.#lose(this.#holder, "silent");
    this.#listener.onChange();
  }

  #give(client: string): void {
    this.#requests.delete(client);
    this.#holder = client;
    this.#heardAtMs = this.#now() + FIRST_INPUT_GRACE_MS;
    this.#lost = null;
  }

  #lose(client: string, reason: LossReason): void {
    this.#holder = undefined;
    this.#lost = reason;
    this.#requests.clear(); // the robot may have stopped: control is not passed on automatically
    this.#listener.onLost(client, reason);
  }
}
