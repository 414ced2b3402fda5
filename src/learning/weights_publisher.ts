/** Passes the training's newest weights on to the actors, the frozen ones apart where the transport takes them so. */
import { inOneFile } from "../transport/codec/all_weights.ts";
import type { FrozenWeights, PublishedWeights } from "../transport/messages.ts";
import type { LearnerEndpoint } from "../transport/transport.ts";

type Endpoint = Pick<LearnerEndpoint, "publishWeights" | "takesFrozenWeights">;

export class WeightsPublisher {
  #endpoint: Endpoint | undefined;
  /** Weights from before there was an endpoint. */
  #waiting: PublishedWeights | undefined;
  #frozen: FrozenWeights | undefined;

  /** Publishes from now on, and what came before. */
  begin(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
    if (this.#waiting !== undefined) this.publish(this.#waiting);
    this.#waiting = undefined;
  }

  /** @param weights Have their frozen part the first time only. */
  publish({ version, safetensors, frozen }: PublishedWeights): void {
    this.#frozen ??= frozen;
    const weights = { version, safetensors, frozen: this.#frozen };
    if (this.#endpoint === undefined) this.#waiting = weights;
    else this.#endpoint.publishWeights(this.#endpoint.takesFrozenWeights ? weights : inOneFile(weights));
  }
}
