/** The actor's end of the weights stream: holds the newest weights until the control loop takes them. */
import { DeadlineError, Notifier } from "../../utils/notifier.ts";
import { decodeWeights } from "../codec/weights_codec.ts";
import { TransportError } from "../errors.ts";
import type { Link } from "../link.ts";
import type { ReceivedWeights } from "../messages.ts";
import { PROTOCOL_VERSION } from "../protocol.ts";

export class LatestWeights {
  readonly changed = new Notifier();
  #newest: { readonly publisher: string; readonly version: number } = { publisher: "", version: -1 };
  #untaken: ReceivedWeights | undefined;
  #arrivedAtMs = performance.now();

  get version(): number {
    return this.#newest.version;
  }

  get ageS(): number {
    return (performance.now() - this.#arrivedAtMs) / 1000;
  }

  take(): ReceivedWeights | undefined {
    const weights = this.#untaken;
    this.#untaken = undefined;
    return weights;
  }

  /** @throws TransportError `deadline`, or the error that `failure` returns. */
  async wait(deadlineS: number, failure: () => TransportError | undefined): Promise<ReceivedWeights> {
    const takeOrThrow = () => {
      const failed = failure();
      if (failed !== undefined) throw failed;
      return this.take();
    };
    try {
      return await this.changed.until(takeOrThrow, { what: "weights from the learner", deadlineS });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new TransportError("deadline", error.message, { cause: error });
    }
  }

  /** Serves one link; ends or throws with the link. */
  async run(link: Link, session: string, signal: AbortSignal): Promise<void> {
    const { publisher, version } = this.#newest;
    // No version exists before the first weights, and the wire has no negative numbers.
    const request = { protocolVersion: PROTOCOL_VERSION, publisher, version: Math.max(0, version), session };
    for await (const encoded of link.receiveWeights(request, signal)) {
      const weights = decodeWeights(encoded);
      this.#newest = { publisher: weights.publisher, version: weights.version };
      // A copy: in one process all actors share the encoded bytes.
      this.#untaken = { ...weights, safetensors: new Uint8Array(weights.safetensors) };
      this.#arrivedAtMs = performance.now();
      this.changed.notify();
    }
  }
}
