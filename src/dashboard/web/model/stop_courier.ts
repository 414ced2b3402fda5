/**
 * Brings the emergency stop to the robot's computer until that confirms it: over the socket at once and over every new one,
 * and over plain HTTP while no socket gets an answer.
 */

/** An answer takes a few milliseconds; a page that waits longer tries another way. */
const RETRY_MS = 500;

export interface StopCourierWays {
  /** Over the socket, if there is one. */
  readonly send: (text: string) => void;
  /** Over HTTP. @returns whether the robot is stopped. */
  readonly post: () => Promise<boolean>;
  /** HTTP has confirmed the stop of this message. */
  readonly onPosted: (text: string) => void;
}

export class StopCourier {
  readonly #ways: StopCourierWays;
  /** The stop that nobody has confirmed. */
  #text: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ways: StopCourierWays) {
    this.#ways = ways;
  }

  stop(text: string): void {
    this.#text = text;
    this.#ways.send(text);
    this.#postLater();
  }

  /** A new socket is there. */
  opened(): void {
    if (this.#text !== undefined) this.#ways.send(this.#text);
  }

  confirmed(): void {
    this.#text = undefined;
    clearTimeout(this.#timer);
  }

  #postLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#post(), RETRY_MS);
  }

  async #post(): Promise<void> {
    const text = this.#text;
    const isStopped = await this.#ways.post().catch(() => false);
    if (text === undefined || text !== this.#text) return;
    if (isStopped) {
      this.confirmed();
      this.#ways.onPosted(text);
    } else {
      this.#postLater();
    }
  }
}
