/** One gRPC connection of an actor. Every attempt has its own channel, so that a dead one affects nothing else. */
import { type Channel, type Client, createChannel, createClientFactory, Metadata } from "nice-grpc";
import type { RecordBatch } from "../codec/batch_codec.ts";
import { ChunkAssembler } from "../codec/chunks.ts";
import { TransportError } from "../errors.ts";
import type { Acknowledgement, Link, StreamHandshake, WeightsRequest } from "../link.ts";
import type { RecordKind } from "../messages.ts";
import { checkProtocolVersion, PROTOCOL_VERSION } from "../protocol.ts";
import type { TransportSettings } from "../settings.ts";
import { formatAddress } from "./address.ts";
import { channelCredentials } from "./credentials.ts";
import { toFrames } from "./frames.ts";
import type { GrpcOptions } from "./grpc_options.ts";
import { learnerService } from "./service.ts";
import { fromClientError } from "./status.ts";

/** Flow-control window for weights. HTTP/2's 64 KiB would make every 2 MiB frame wait for 32 round trips. */
const FLOW_CONTROL_WINDOW_BYTES = 4 * 2 ** 20;

/** Connects and shakes hands within the connect timeout. @throws TransportError. */
export async function connectGrpc(
  grpc: GrpcOptions,
  settings: TransportSettings,
  session: string,
  signal: AbortSignal,
): Promise<Link> {
  const channel = openChannel(grpc, settings);
  const timeout = AbortSignal.timeout(settings.connectTimeoutS * 1000);
  try {
    const metadata = Metadata(grpc.token === undefined ? {} : { authorization: `Bearer ${grpc.token}` });
    const client = createClientFactory().create(learnerService, channel, { "*": { metadata } });
    const request = { protocolVersion: PROTOCOL_VERSION, session };
    const reply = await client.ready(request, { signal: AbortSignal.any([signal, timeout]) });
    checkProtocolVersion(reply.protocolVersion, "learner");
    return new GrpcLink(channel, client, settings, reply);
  } catch (error) {
    channel.close();
    if (timeout.aborted) {
      const address = formatAddress(grpc.host, grpc.port);
      throw new TransportError("deadline", `no answer from ${address} within ${settings.connectTimeoutS} s`);
    }
    throw fromClientError(error);
  }
}

function openChannel(grpc: GrpcOptions, settings: TransportSettings): Channel {
  const connectTimeoutMs = settings.connectTimeoutS * 1000;
  return createChannel(formatAddress(grpc.host, grpc.port), channelCredentials(grpc.tls), {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_time_ms": settings.keepAliveS * 1000,
    "grpc.keepalive_timeout_ms": settings.keepAliveTimeoutS * 1000,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc-node.flow_control_window": FLOW_CONTROL_WINDOW_BYTES,
    // The session reconnects: it must shake hands and agree on sequences again.
    "grpc.enable_retries": 0,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.min_reconnect_backoff_ms": connectTimeoutMs,
    "grpc.initial_reconnect_backoff_ms": connectTimeoutMs,
    ...(grpc.tls?.serverName === undefined ? {} : { "grpc.ssl_target_name_override": grpc.tls.serverName }),
  });
}

class GrpcLink implements Link {
  readonly runId: string;
  readonly maxMessageBytes: number;
  readonly #channel: Channel;
  readonly #client: Client<typeof learnerService>;
  readonly #settings: TransportSettings;

  constructor(
    channel: Channel,
    client: Client<typeof learnerService>,
    settings: TransportSettings,
    reply: { readonly runId: string; readonly maxMessageBytes: number },
  ) {
    this.runId = reply.runId;
    this.maxMessageBytes = reply.maxMessageBytes;
    this.#channel = channel;
    this.#client = client;
    this.#settings = settings;
  }

  async *sendRecords(
    kind: RecordKind,
    handshake: StreamHandshake,
    batches: AsyncIterable<RecordBatch>,
    signal: AbortSignal,
  ): AsyncGenerator<Acknowledgement> {
    const frames = toFrames(handshake, batches, this.#settings.chunkBytes);
    const call = kind === "transitions" ? this.#client.sendTransitions : this.#client.sendInteractions;
    try {
      yield* call(frames, { signal });
    } catch (error) {
      throw fromClientError(error);
    }
  }

  async *receiveWeights(request: WeightsRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const assembler = new ChunkAssembler(this.#settings.maxWeightsBytes);
    try {
      for await (const frame of this.#client.streamParameters(request, { signal })) {
        const payload = assembler.push(frame);
        if (payload !== undefined) yield payload;
      }
    } catch (error) {
      throw fromClientError(error);
    }
  }

  close(): void {
    this.#channel.close();
  }
}
