/** Serves a learner over gRPC: authenticates callers, converts frames to batches, and leaves the rest to `LearnerProtocol`. */
import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { type CallContext, createServer, type ServiceImplementation } from "nice-grpc";
import { ListenError, tryPort } from "../../utils/listen_error.ts";
import { splitIntoChunks } from "../codec/chunks.ts";
import { TransportError } from "../errors.ts";
import { LearnerProtocol } from "../learner/learner_protocol.ts";
import type { Acknowledgement, WeightsRequest } from "../link.ts";
import type { RecordKind } from "../messages.ts";
import { checkProtocolVersion, checkSession, PROTOCOL_VERSION } from "../protocol.ts";
import type { TransportSettings } from "../settings.ts";
import type { LearnerEndpoint, LearnerOptions } from "../transport.ts";
import { formatAddress } from "./address.ts";
import { serverCredentials } from "./credentials.ts";
import { Delivery, followDeliveries } from "./delivery.ts";
import { type RecordFrame, readHandshake, toBatches } from "./frames.ts";
import type { GrpcOptions } from "./grpc_options.ts";
import { checkAuthorization, isLoopback, requireTokenBeyondLoopback } from "./security.ts";
import { decoded, learnerService, type Undecodable } from "./service.ts";
import { toServerError } from "./status.ts";

/** Room for a frame's own fields around its data. */
const FRAME_OVERHEAD_BYTES = 4096;
/** Largest frame of weights. Smaller than other frames, so that a slow line is not mistaken for a dead one. */
const PARAMETERS_FRAME_BYTES = 512 * 1024;
/** Concurrent calls per connection: three streams and a handshake, with room for streams that are ending. */
const MAX_CALLS_PER_CONNECTION = 16;

/** Report rate of one actor: far above a robot's, so that an honest actor is never throttled. */
const REPORT_RATE = { burst: 2000, perSecond: 100 };

/** @throws Error for an address beyond loopback without a token, or one that cannot be bound. */
export async function serveGrpc(
  options: LearnerOptions,
  grpc: GrpcOptions,
  settings: TransportSettings,
): Promise<LearnerEndpoint> {
  requireTokenBeyondLoopback(grpc.host, grpc.token);
  if (grpc.tls === undefined && !isLoopback(grpc.host)) {
    const message = `${grpc.host} is served without TLS: the token and all data travel unencrypted`;
    options.onEvent?.({ level: "warn", code: "unencrypted", message });
  }
  // The library prints unreadable headers unchanged: untrusted text must not reach the terminal.
  if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);
  const core = new LearnerProtocol(options, settings, REPORT_RATE);
  const server = createServer({
    interceptors: [followDeliveries],
    "grpc.max_receive_message_length": settings.chunkBytes + FRAME_OVERHEAD_BYTES,
    "grpc.max_send_message_length": settings.chunkBytes + FRAME_OVERHEAD_BYTES,
    "grpc.max_concurrent_streams": MAX_CALLS_PER_CONNECTION,
    "grpc.keepalive_time_ms": settings.keepAliveS * 1000,
    "grpc.keepalive_timeout_ms": settings.keepAliveTimeoutS * 1000,
  });
  server.add(learnerService, new GrpcLearner(core, grpc, settings).implementation());
  const port = await server
    .listen(formatAddress(grpc.host, grpc.port), serverCredentials(grpc.tls))
    .catch(async (error) => {
      // The library only reports the failure; the system's error gives the reason.
      const cause = await tryPort(grpc.host, grpc.port);
      throw cause === undefined ? error : new ListenError(grpc.host, grpc.port, cause);
    });
  return core.endpoint(formatAddress(grpc.host, port), () => server.forceShutdown());
}

class GrpcLearner {
  readonly #core: LearnerProtocol;
  readonly #token: string | undefined;
  readonly #settings: TransportSettings;

  constructor(core: LearnerProtocol, grpc: GrpcOptions, settings: TransportSettings) {
    this.#core = core;
    this.#token = grpc.token;
    this.#settings = settings;
  }

  implementation(): ServiceImplementation<typeof learnerService> {
    return {
      ready: async (request, context) => {
        return await this.#answer(context, async () => {
          const { protocolVersion, session } = decoded(request);
          checkProtocolVersion(protocolVersion, "actor");
          checkSession(session);
          const { runId, maxMessageBytes } = this.#core;
          return { protocolVersion: PROTOCOL_VERSION, runId, maxMessageBytes };
        });
      },
      sendTransitions: (frames, context) => this.#records("transitions", frames, context),
      sendInteractions: (frames, context) => this.#records("interactions", frames, context),
      streamParameters: (request, context) => {
        return this.#answerAll(context, (signal) => this.#weights(ofSession(request, context), signal));
      },
    };
  }

  #records(kind: RecordKind, frames: AsyncIterable<RecordFrame | Undecodable>, context: CallContext) {
    return this.#answerAll(context, (signal) => this.#serveRecords(kind, decodedFrames(frames), signal));
  }

  async *#serveRecords(
    kind: RecordKind,
    frames: AsyncIterator<RecordFrame>,
    signal: AbortSignal,
  ): AsyncGenerator<Acknowledgement> {
    const { messageTimeoutS, maxMessageBytes } = this.#settings;
    const handshake = await readHandshake(frames, messageTimeoutS);
    const batches = toBatches(frames, maxMessageBytes, messageTimeoutS);
    yield* this.#core.serveRecords(kind, handshake, batches, signal);
  }

  /** Each actor has one frame in flight at a time. */
  async *#weights(request: WeightsRequest, signal: AbortSignal) {
    const { chunkBytes, readTimeoutS } = this.#settings;
    const frameBytes = Math.min(chunkBytes, PARAMETERS_FRAME_BYTES);
    for await (const offered of this.#core.serveWeights(request, signal)) {
      for (const chunk of splitIntoChunks([offered.encoded], frameBytes)) {
        const delivery = new Delivery();
        yield { ...chunk, delivery };
        await delivery.done(`actor session ${request.session}`, readTimeoutS, offered.signal);
      }
    }
  }

  async #answer<T>(context: CallContext, handle: () => Promise<T>): Promise<T> {
    try {
      this.#authenticate(context);
      return await handle();
    } catch (error) {
      throw this.#refuse(error, context);
    }
  }

  async *#answerAll<T>(
    context: CallContext,
    handle: (signal: AbortSignal) => AsyncGenerator<T>,
  ): AsyncGenerator<T, void> {
    try {
      this.#authenticate(context);
      yield* handle(context.signal);
    } catch (error) {
      throw this.#refuse(error, context);
    }
  }

  #authenticate(context: CallContext): void {
    checkAuthorization(context.metadata.get("authorization"), this.#token);
  }

  #refuse(error: unknown, context: CallContext): Error {
    if (error instanceof TransportError && !context.signal.aborted) this.#core.recordRefusal(error, context.peer);
    return toServerError(error);
  }
}

async function* decodedFrames(frames: AsyncIterable<RecordFrame | Undecodable>): AsyncGenerator<RecordFrame> {
  for await (const frame of frames) yield decoded(frame);
}

/** A caller without a session name may have one stream per connection. */
function ofSession(request: WeightsRequest | Undecodable, { peer }: CallContext): WeightsRequest {
  const { session, ...rest } = decoded(request);
  return { ...rest, session: session || peer };
}
