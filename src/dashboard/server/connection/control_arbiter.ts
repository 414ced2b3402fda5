/**
 * Who may drive. Any number of pages watch; one holds control. A free control is taken at once; a held one is asked
 * for, and its holder hands it over or doesn't. A holder that goes silent or vanishes loses it.
 */
import { INPUT_TIMEOUT_MS } from "../../limits.ts";
import type { ControlState } from "../../protocol.ts";

export type LossReason = NonNullable<ControlState["lost"]>;

/** A new holder moves nothing yet; it may take this much longer to give its first sign of life. */
const FIRST_INPUT_GRACE_MS = 1000;

export interface ArbiterListener {
  /** Control changed hands, or somebody asks for it. */
  onChange(): void;
  /** The holder gave control up without saying so. */
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

  /** The connection ended. A holder that had not released control before loses it. */
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

  /** The holder lets go, or an asking page no longer asks. Whoever asked first gets a control that becomes free. */
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

  /** The holder's answer to a request. Anybody else's is ignored. */
  answer(holder: string, client: string, grant: boolean): void {
    if (this.#holder !== holder || !this.#requests.delete(client)) return;
    if (grant) this.#give(client);
    this.#listener.onChange();
  }

  /** The holder gave a sign of life. */
  heard(client: string): void {
    if (this.#holder === client) this.#heardAtMs = this.#now();
  }

  /** Takes control from a holder that has been silent for too long. To be called every few tens of milliseconds. */
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
    this.#requests.clear(); // whoever asked, asks again: the robot may have stopped meanwhile
    this.#listener.onLost(client, reason);
  }
}
