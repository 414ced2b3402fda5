/** Takes new weights as soon as they arrive, between two steps of an episode. */
import type { Policy } from "../../policies/policy.ts";
import { allWeights } from "../../transport/codec/all_weights.ts";
import { TransportError } from "../../transport/errors.ts";
import type { ReceivedWeights } from "../../transport/messages.ts";
import type { ActorEndpoint } from "../../transport/transport.ts";

/** Poll period while waiting for the first weights: the signal is checked in between. */
const LOOK_S = 0.25;
/** If a connected learner publishes nothing for so long, the actor starts with the policy's own weights. */
const PATIENCE_S = 30;
/** Waiting is reported after so long. */
const QUIET_S = 2;

type Notice = (level: "info" | "warn", message: string) => void;

export class WeightsReceiver {
  readonly #endpoint: ActorEndpoint;
  readonly #policy: Pick<Policy, "loadWeights">;
  #version = -1;

  constructor(endpoint: ActorEndpoint, policy: Pick<Policy, "loadWeights">) {
    this.#endpoint = endpoint;
    this.#policy = policy;
  }

  /** Version of the weights that the policy acts with; −1 for its own. */
  get version(): number {
    return this.#version;
  }

  /** @throws Error naming the version of weights that do not fit the policy, which keeps those it has. */
  applyNewest(): void {
    const weights = this.#endpoint.takeWeights();
    if (weights !== undefined) this.#apply(weights);
  }

  /** Waits for weights of this version or newer. @throws TransportError when the endpoint has failed for good. */
  async applyVersion(version: number, signal: AbortSignal): Promise<void> {
    while (this.#version < version && !signal.aborted) {
      const weights = await this.#look();
      if (weights !== undefined) this.#apply(weights);
    }
  }

  /**
   * Waits for the learner's first weights, so that no robot is ever driven by random ones while a trained policy exists.
   * A learner may take its time to start; one that is connected and publishes nothing is waited for only 30 s.
   *
   * @throws TransportError when the endpoint has failed for good.
   */
  async applyFirst(signal: AbortSignal, notice: Notice): Promise<void> {
    const startMs = performance.now();
    let connectedMs: number | undefined;
    let reported = false;
    while (!signal.aborted) {
      const weights = await this.#look();
      if (weights !== undefined) {
        this.#apply(weights);
        return;
      }
      if (this.#endpoint.status === "connected") connectedMs ??= performance.now();
      if (connectedMs !== undefined && performance.now() - connectedMs > PATIENCE_S * 1000) {
        notice("warn", `the learner published no weights in ${PATIENCE_S} s: starting with the policy's own`);
        return;
      }
      if (reported || performance.now() - startMs < QUIET_S * 1000) continue;
      reported = true;
      notice("info", connectedMs === undefined ? "waiting for the learner" : "waiting for the learner's weights");
    }
  }

  async #look(): Promise<ReceivedWeights | undefined> {
    try {
      return await this.#endpoint.waitForWeights(LOOK_S);
    } catch (error) {
      if (error instanceof TransportError && error.code === "deadline") return undefined;
      throw error;
    }
  }

  #apply(weights: ReceivedWeights): void {
    const source = `the learner's weights, version ${weights.version}`;
    this.#policy.loadWeights(allWeights(weights, source), source);
    this.#version = weights.version;
  }
}
