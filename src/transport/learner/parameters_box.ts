/** The newest weights, and only those: publishing replaces, and whoever waits gets the newest there is. */
import { Notifier } from "../../utils/notifier.ts";
import { encodeParameters } from "../codec/parameters_codec.ts";
import { TransportError } from "../errors.ts";
import type { ParametersRequest } from "../link.ts";
import type { PublishedParameters } from "../messages.ts";

export class ParametersBox {
  readonly #publisher: string;
  readonly #maxBytes: number;
  readonly #changed = new Notifier();
  #version = -1;
  #encoded: Uint8Array | undefined;

  constructor(publisher: string, maxBytes: number) {
    this.#publisher = publisher;
    this.#maxBytes = maxBytes;
  }

  /** −1 before the first publication. */
  get version(): number {
    return this.#version;
  }

  /** @throws RangeError when the version does not rise; TransportError `too-large`. */
  publish(parameters: PublishedParameters): void {
    if (!Number.isSafeInteger(parameters.version) || parameters.version <= this.#version) {
      throw new RangeError(`parameters version must rise above ${this.#version}, got ${parameters.version}`);
    }
    const encoded = encodeParameters(this.#publisher, parameters);
    if (encoded.length > this.#maxBytes) {
      throw new TransportError(
        "too-large",
        `weights of ${encoded.length} bytes; maxParametersBytes is ${this.#maxBytes}`,
      );
    }
    this.#encoded = encoded;
    this.#version = parameters.version;
    this.#changed.notify();
  }

  /** Yields the newest weights whenever the receiver's are older or another publisher's; ends when aborted. */
  async *stream(request: ParametersRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let sent = request.publisher === this.#publisher ? request.version : -1;
    while (true) {
      yield await this.#changed.until(
        () => {
          if (this.#version <= sent) return undefined;
          sent = this.#version;
          return this.#encoded;
        },
        { what: "newer parameters", signal },
      );
    }
  }
}
