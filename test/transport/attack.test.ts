/** Attacks on a learner's port below the message level: none ends the process. */
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { numbered, PATIENCE_S, pause, RecordingLearner } from "../../src/transport/conformance/harness.ts";
import { ParametersRequest, ReadyRequest, Transition } from "../../src/transport/generated/transport/services.ts";
import { GrpcTransport, type LearnerEndpoint } from "../../src/transport/index.ts";

const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);
const recording = new RecordingLearner();
let learner: LearnerEndpoint;
let port: number;

/** Captured terminal output. */
const printed: unknown[] = [];
vi.spyOn(console, "error").mockImplementation((...words) => void printed.push(words));

beforeAll(async () => {
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);
  learner = await new GrpcTransport({ host: "127.0.0.1", port: 0 }).createLearner(recording.options);
  port = Number(learner.address.split(":")[1]);
  learner.publishWeights({ version: 1, safetensors: new Uint8Array(3e6) });
});
afterAll(async () => {
  await learner.close();
  vi.restoreAllMocks();
  process.off("uncaughtException", note);
  process.off("unhandledRejection", note);
});

function message(payload: Uint8Array, { flags = 0, length = payload.length } = {}): Buffer {
  const head = Buffer.from([flags, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, payload]);
}

const opening = Transition.encode({
  transferState: 0,
  data: new Uint8Array(0),
  totalBytes: 0,
  opening: { protocolVersion: 1, session: "attacker", oldestHeld: 1 },
}).finish();
const REQUESTS: Readonly<Record<string, Buffer>> = {
  Ready: message(ReadyRequest.encode({ protocolVersion: 1, session: "attacker" }).finish()),
  StreamParameters: message(
    ParametersRequest.encode({ protocolVersion: 1, publisher: "", version: 0, session: "" }).finish(),
  ),
  SendTransitions: message(opening),
  SendInteractions: message(opening),
};

const HEADERS: readonly Readonly<Record<string, string | string[]>>[] = [
  {},
  ...["", "text/html", "application/grpc+json", "application/grpc;x"].map((type) => ({ "content-type": type })),
  ...["", "1", "99999999H", "-1S", "1n", "0m", "é", "1S1S"].map((timeout) => ({ "grpc-timeout": timeout })),
  ...["gzip", "deflate", "br", "identity", "__proto__"].map((encoding) => ({ "grpc-encoding": encoding })),
  ...["%", "====", "\xff\xfe", "a".repeat(4000)].map((value) => ({ "x-bin": value, "grpc-tags-bin": value })),
  { ":authority": "[", host: "%" },
  { ":path": "//" },
  { ":path": "/transport.LearnerService/__proto__" },
  { ":path": `/${"a".repeat(8000)}` },
  { ":path": "*" },
  { ":method": "GET" },
  { ":scheme": "javascript" },
  { authorization: ["Bearer a", "Bearer b"] },
  { cookie: "a=b", __proto__x: "y", te: "trailers, deflate" },
  Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, "y"])),
];

const BODIES: readonly ((right: Buffer) => Buffer)[] = [
  (right) => right,
  () => Buffer.alloc(0),
  (right) => right.subarray(0, 3),
  (right) => right.subarray(0, right.length - 1),
  (right) => Buffer.concat([right, right, right]),
  (right) => message(right.subarray(5), { flags: 1 }),
  (right) => message(right.subarray(5), { flags: 255 }),
  (right) => message(right.subarray(5), { length: 2 ** 32 - 1 }),
  () => message(Buffer.from([31, 139, 8, 0, 0, 0, 0]), { flags: 1 }),
];

type Ending = (stream: ReturnType<ClientHttp2Session["request"]>, body: Buffer) => void;
const ENDINGS: readonly Ending[] = [
  (stream, body) => void stream.end(body),
  (stream, body) => stream.end(body, () => stream.close(8)),
  (stream, body) => stream.write(body, () => setTimeout(() => stream.close(2), 10)),
  (stream, body) => {
    stream.write(body);
    stream.destroy(new Error("gone"));
  },
  (stream, body) => stream.write(body, () => stream.session?.destroy()),
];

function open(): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  return session;
}

async function attack(method: string, headers: (typeof HEADERS)[number], body: Buffer, end: Ending): Promise<void> {
  const session = open();
  const path = `/transport.LearnerService/${method}`;
  const usual = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
  try {
    const stream = session.request({ ...usual, ...headers } as OutgoingHttpHeaders);
    stream.on("error", () => {});
    stream.resume();
    const closed = new Promise((resolve) => stream.once("close", resolve));
    end(stream, body);
    await Promise.race([closed, pause(0.1)]);
  } catch {
    // This client cannot even send some of them.
  } finally {
    session.destroy();
  }
}

async function rawSocket(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const frame = (type: number, flags: number, stream: number, payload: Buffer) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};
const zeros = (length: number) => Buffer.alloc(length);
const WIRES: readonly Buffer[] = [
  Buffer.from("GET // HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"),
  Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
  PREFACE.subarray(0, 10),
  ...Array.from({ length: 12 }, (_, type) => frame(type, 255, type % 3, zeros(type))),
  ...[0, 1, 2 ** 31 - 1, 2 ** 32 - 1].map((stream) => frame(1, 4, stream, Buffer.from([0x82, 0x86, 0x84, 0xff]))),
  frame(4, 0, 0, Buffer.from([0, 4, 0xff, 0xff, 0xff, 0xff])),
  frame(8, 0, 0, zeros(4)),
  frame(7, 0, 0, zeros(8)),
  frame(9, 0, 1, zeros(100)),
  frame(0, 8, 1, zeros(1)),
].map((bytes, i) => (i < 3 ? bytes : Buffer.concat([PREFACE, frame(4, 0, 0, zeros(0)), bytes])));

async function serves(): Promise<void> {
  expect(uncaught).toEqual([]);
  const actor = await new GrpcTransport({ host: "127.0.0.1", port }).createActor();
  await actor.sendTransition(numbered(1));
  await actor.flush(PATIENCE_S);
  await actor.waitForWeights(PATIENCE_S);
  await actor.close();
}

describe("a learner's process survives", () => {
  it("calls with any headers and any body, however they end", async () => {
    const attacks = Object.entries(REQUESTS).flatMap(([method, right]) => [
      ...HEADERS.map((headers, i) => () => attack(method, headers, right, ENDINGS[i % ENDINGS.length]!)),
      ...BODIES.flatMap((body) => ENDINGS.map((end) => () => attack(method, {}, body(right), end))),
    ]);
    for (let i = 0; i < attacks.length; i += 32) {
      await Promise.all(attacks.slice(i, i + 32).map((run) => run()));
    }
    await serves();
    expect(printed).toEqual([]);
  });

  it("connections of any bytes, reset at any moment", async () => {
    await Promise.all(
      WIRES.flatMap((bytes) =>
        [0, 1, 2].map(async (moment) => {
          const socket = await rawSocket();
          socket.write(bytes.subarray(0, moment === 1 ? bytes.length / 2 : bytes.length));
          if (moment === 2) await Promise.race([once(socket, "data").catch(() => {}), pause(0.05)]);
          socket.resetAndDestroy();
        }),
      ),
    );
    await pause(0.05);
    await serves();
  });
});
