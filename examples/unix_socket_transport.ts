/**
 * A transport over a Unix socket (on Windows, a named pipe): learner and actors of one machine, without a port. Every process
 * that may open the socket's file is trusted. Every call of a link has its own connection.
 *
 *     handrail learner --config run.json --plugin ./unix_socket_transport.ts --handrail.transport.type=unix_socket
 */
import { once } from "node:events";
import { lstat, rm } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { addAbortSignal } from "node:stream";
import { pipeline } from "node:stream/promises";
import { deserialize, serialize } from "node:v8";
import {
  type Acknowledgement,
  ActorSession,
  LearnerProtocol,
  type Link,
  type RecordBatch,
  type RecordKind,
  registerTransport,
  type StreamHandshake,
  type Transport,
  TransportError,
  type TransportErrorCode,
  type WeightsRequest,
} from "handrail/transport";
import { z } from "zod";

const CONNECT_TIMEOUT_MS = 2000;
/** Upper bound on what serialization adds to a batch. */
const ENVELOPE_BYTES = 2 ** 16;

registerTransport("unix_socket", {
  schema: z.strictObject({
    type: z.literal("unix_socket"),
    path: z.string().min(1).default("handrail.sock").describe("The socket's file."),
  }),
  create: ({ path }): Transport => ({
    async createLearner(options) {
      const protocol = new LearnerProtocol(options);
      const sockets = new Set<Socket>();
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.add(socket.once("close", () => sockets.delete(socket)));
        pipeline(answers(protocol, socket), socket).catch(() => socket.destroy());
      });
      await listen(server, path);
      return protocol.endpoint(path, () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      });
    },
    createActor: (options = {}) => ActorSession.start((_, signal) => connect(path, signal), options),
  }),
  address: ({ path }) => path,
});

type Call =
  | { readonly kind: "ready" }
  | { readonly kind: RecordKind; readonly handshake: StreamHandshake }
  | { readonly kind: "weights"; readonly request: WeightsRequest };

type Welcome = Pick<Link, "runId" | "maxMessageBytes">;

type Answer<T> = { readonly value: T } | { readonly error: { code: TransportErrorCode; message: string } };

// The actor's end

async function connect(path: string, signal: AbortSignal): Promise<Link> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]);
  const { value: welcome } = await ask<Welcome>(path, { kind: "ready" }, within).next();
  if (welcome === undefined) throw new TransportError("unavailable", "the learner hung up");
  return {
    ...welcome,
    sendRecords: (kind, handshake, batches, cancel) => ask<Acknowledgement>(path, { kind, handshake }, cancel, batches),
    receiveWeights: (request, cancel) => ask<Uint8Array>(path, { kind: "weights", request }, cancel),
    close: () => {}, // the connections have ended with their calls
  };
}

/** Makes a call, and yields what the learner answers. Batches that end half-close the connection. */
async function* ask<T>(
  path: string,
  call: Call,
  cancel: AbortSignal,
  batches?: AsyncIterable<RecordBatch>,
): AsyncGenerator<T, undefined> {
  const socket = addAbortSignal(cancel, createConnection({ path, allowHalfOpen: true }));
  // A failure destroys the socket, which the loop below reports.
  pipeline(messages(call, batches), socket, { end: batches !== undefined }).catch(() => {});
  try {
    for await (const answer of received<Answer<T>>(socket)) {
      if ("error" in answer) throw new TransportError(answer.error.code, answer.error.message);
      yield answer.value;
    }
  } finally {
    socket.destroy();
  }
}

async function* messages(call: Call, batches: AsyncIterable<RecordBatch> = noBatches()): AsyncGenerator<Buffer> {
  yield framed(call);
  for await (const batch of batches) yield framed(batch);
}

async function* noBatches(): AsyncGenerator<RecordBatch> {}

// The learner's end

async function* answers(protocol: LearnerProtocol, socket: Socket): AsyncGenerator<Buffer> {
  const gone = new AbortController();
  const leave = () => gone.abort(new TransportError("unavailable", "the actor is gone"));
  socket.once("close", leave);
  try {
    const incoming = received<Call | RecordBatch>(socket, protocol.maxMessageBytes + ENVELOPE_BYTES);
    const { value: call } = (await incoming.next()) as IteratorResult<Call>;
    if (call?.kind === "ready") {
      yield framed({ value: { runId: protocol.runId, maxMessageBytes: protocol.maxMessageBytes } });
    } else if (call?.kind === "weights") {
      incoming.next().then(leave, leave); // the actor has nothing to add but its end
      for await (const { encoded } of protocol.serveWeights(call.request, gone.signal))
        yield framed({ value: encoded });
    } else if (call !== undefined) {
      const batches = incoming as AsyncIterable<RecordBatch>;
      for await (const value of protocol.serveRecords(call.kind, call.handshake, batches, gone.signal)) {
        yield framed({ value });
      }
    }
  } catch (error) {
    const { code, message } = error instanceof TransportError ? error : new TransportError("malformed", String(error));
    yield framed({ error: { code, message } });
  }
}

/** Takes the place of a socket that a killed learner has left behind. */
async function listen(server: Server, path: string): Promise<void> {
  if (
    await lstat(path).then(
      (file) => file.isSocket(),
      () => false,
    )
  ) {
    const other = createConnection(path);
    const isServed = await once(other, "connect").then(
      () => true,
      () => false,
    );
    other.destroy();
    if (!isServed) await rm(path, { force: true });
  }
  server.listen(path);
  await once(server, "listening");
}

// Messages: their length in four bytes, then the value

const HEADER_BYTES = 4;

function framed(value: unknown): Buffer {
  const body = serialize(value);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(body.length);
  return Buffer.concat([header, body]);
}

async function* received<T>(socket: Socket, maxBytes = 2 ** 31): AsyncGenerator<T, undefined> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let needed = HEADER_BYTES;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < needed) continue;
    let rest = Buffer.concat(chunks);
    for (needed = HEADER_BYTES; rest.length >= needed; needed = HEADER_BYTES) {
      const length = rest.readUInt32LE();
      if (length > maxBytes) throw new TransportError("too-large", `a message of ${length} bytes`);
      needed += length;
      if (rest.length < needed) break;
      yield deserialize(rest.subarray(HEADER_BYTES, needed));
      rest = rest.subarray(needed);
    }
    chunks = [rest];
    bytes = rest.length;
  }
}
