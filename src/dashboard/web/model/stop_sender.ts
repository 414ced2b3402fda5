/**
 * Sends the emergency stop until the robot's computer confirms it: over the present socket and every new one, and over HTTP
 * while the socket gets no confirmation.
 */

/** A confirmation takes a few milliseconds; after this time HTTP is tried. */
const RETRY_MS = 500;

export interface StopChannels {
  /** Sends over the socket, if one is open. */
  readonly send: (text: string) => void;
  /** Sends over HTTP. @returns whether the robot is stopped. */
  readonly post: () => Promise<boolean>;
  /** HTTP has confirmed this stop. */
  readonly onPosted: (text: string) => void;
}

export class StopSender {
  readonly #channels: StopChannels;
  /** The unconfirmed stop. */
  #text: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(channels: StopChannels) {
    this.#channels = channels;
  }

  stop(text: string): void {
    this.#text = text;
    this.#channels.send(text);
    this.#postLater();
  }

  /** A new socket is open. */
  opened(): void {
    if (this.#text !== undefined) this.#channels.send(this.#text);
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
    const isStopped = await this.#channels.post().catch(() => false);
    if (text === undefined || text !== this.#text) return;
    if (isStopped) {
      this.confirmed();
      this.#channels.onPosted(text);
    } else {
      this.#postLater();
    }
  }
}
