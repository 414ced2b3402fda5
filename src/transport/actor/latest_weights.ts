/** The actor's end of the weights stream: holds the newest weights until the control loop takes them. */
import { DeadlineError, Notifier } from "../../utils/notifier.ts";
import { decodeWeights } from "../codec/weights_codec.ts";
import { TransportError } from "../errors.ts";
import type { Link } from "../link.ts";
import type { FrozenWeights, ReceivedWeights } from "../messages.ts";
import { PROTOCOL_VERSION } from "../protocol.ts";

export class LatestWeights {
  readonly changed = new Notifier();
  #newest: { readonly publisher: string; readonly version: number } = { publisher: "", version: -1 };
  #untaken: ReceivedWeights | undefined;
  /** The last that arrived. The learner sends them again only to an actor that does not hold them. */
  #frozen: FrozenWeights | undefined;
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
    const request = {
      protocolVersion: PROTOCOL_VERSION,
      publisher,
      version: Math.max(0, version),
      session,
      heldFrozen: this.#frozen?.sha256 ?? "",
    };
    for await (const encoded of link.receiveWeights(request, signal)) {
      const weights = this.#completed(decodeWeights(encoded));
      this.#newest = { publisher: weights.publisher, version: weights.version };
      // A copy: in one process all actors share the encoded bytes.
      this.#untaken = { ...weights, safetensors: new Uint8Array(weights.safetensors) };
      this.#arrivedAtMs = performance.now();
      this.changed.notify();
    }
  }

  /** @throws TransportError for weights without a part that this actor has never received: the next connection asks for it. */
  #completed(weights: ReceivedWeights): ReceivedWeights {
    const { frozen, version } = weights;
    if (frozen === undefined) return weights;
    const { sha256, safetensors } = frozen;
    if (safetensors.length > 0) this.#frozen = { sha256, safetensors: new Uint8Array(safetensors) };
    if (this.#frozen?.sha256 === sha256) return { ...weights, frozen: this.#frozen };
    throw new TransportError(
      "corrupt",
      `weights version ${version} lack their frozen part, with the SHA-256 ${sha256}`,
    );
  }
}
