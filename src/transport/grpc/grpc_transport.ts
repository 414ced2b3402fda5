/**
 * Actors and learner in separate processes, on one machine or several, over gRPC. The gRPC library is imported when an
 * endpoint is created, so that importing Handrail stays fast.
 */
import { ActorSession } from "../actor/actor_session.ts";
import { resolveSettings, type TransportSettings, type TransportSettingsInput } from "../settings.ts";
import type { ActorEndpoint, ActorOptions, LearnerEndpoint, LearnerOptions, Transport } from "../transport.ts";
import type { GrpcOptions } from "./grpc_options.ts";
import { checkToken } from "./security.ts";

export class GrpcTransport implements Transport {
  readonly #grpc: GrpcOptions;
  readonly #settings: TransportSettings;
  /** Address of this transport's learner. */
  #boundPort: number | undefined;

  /** @throws RangeError or TypeError for a bad port, token or setting. */
  constructor(grpc: GrpcOptions, settings?: TransportSettingsInput) {
    if (!Number.isInteger(grpc.port) || grpc.port < 0 || grpc.port > 65_535) {
      throw new RangeError(`a port is an integer from 0 to 65535, got ${grpc.port}`);
    }
    if (grpc.token !== undefined) checkToken(grpc.token);
    this.#grpc = grpc;
    this.#settings = resolveSettings(settings);
  }

  /** @throws Error if the host is beyond loopback and no token is set, or if the address cannot be bound. */
  async createLearner(options: LearnerOptions): Promise<LearnerEndpoint> {
    const { serveGrpc } = await import("./grpc_learner.ts");
    const learner = await serveGrpc(options, this.#grpc, this.#settings);
    this.#boundPort = Number(learner.address.slice(learner.address.lastIndexOf(":") + 1));
    return learner;
  }

  /**
   * @throws RangeError without a port; TypeError for unusable TLS options; TransportError `outbox` for an unusable outbox
   * folder.
   */
  async createActor(options: ActorOptions = {}): Promise<ActorEndpoint> {
    const [{ channelCredentials }, { connectGrpc }] = await Promise.all([
      import("./credentials.ts"),
      import("./grpc_link.ts"),
    ]);
    // Check the options here, not in the background.
    channelCredentials(this.#grpc.tls);
    const port = this.#grpc.port || this.#boundPort;
    if (port === undefined) throw new RangeError("port 0 is for learners: an actor needs the port of its learner");
    const grpc = { ...this.#grpc, port };
    const connect = (session: string, signal: AbortSignal) => connectGrpc(grpc, this.#settings, session, signal);
    return await ActorSession.start(connect, options, this.#settings);
  }
}
