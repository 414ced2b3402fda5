/** Actor and learner in one process: the same sessions, outboxes and acknowledgements as over a network, without sockets. */
import { ActorSession } from "../actor/actor_session.ts";
import { TransportError } from "../errors.ts";
import { LearnerProtocol } from "../learner/learner_protocol.ts";
import type { Link } from "../link.ts";
import { resolveSettings, type TransportSettings, type TransportSettingsInput } from "../settings.ts";
import type { ActorEndpoint, ActorOptions, LearnerEndpoint, LearnerOptions, Transport } from "../transport.ts";

export class InProcessTransport implements Transport {
  readonly #settings: TransportSettings;
  #learner: LearnerProtocol | undefined;

  constructor(settings?: TransportSettingsInput) {
    this.#settings = resolveSettings(settings);
  }

  /** @throws Error if this transport already has a learner. */
  async createLearner(options: LearnerOptions): Promise<LearnerEndpoint> {
    if (this.#learner !== undefined) throw new Error("this in-process transport already has a learner; close it first");
    const core = new LearnerProtocol(options, this.#settings);
    this.#learner = core;
    return core.endpoint("in-process", () => {
      if (this.#learner === core) this.#learner = undefined;
    });
  }

  async createActor(options: ActorOptions = {}): Promise<ActorEndpoint> {
    return await ActorSession.start(async () => this.#link(), options, this.#settings);
  }

  #link(): Link {
    const core = this.#learner;
    if (core === undefined) throw new TransportError("unavailable", "no learner in this process yet");
    return {
      runId: core.runId,
      maxMessageBytes: core.maxMessageBytes,
      sendRecords: (kind, handshake, batches, signal) => core.serveRecords(kind, handshake, batches, signal),
      async *receiveWeights(request, signal) {
        for await (const { encoded } of core.serveWeights(request, signal)) yield encoded;
      },
      close: () => {},
    };
  }
}
