/** The cost of a peer without data for a learner, over real sockets. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { eventually, numbered, PATIENCE_S, pause, RecordingLearner } from "../../src/transport/conformance/harness.ts";
import { ParametersRequest, ReadyRequest, Transition } from "../../src/transport/generated/transport/services.ts";
import {
  type ActorEndpoint,
  GrpcTransport,
  type LearnerEndpoint,
  type LearnerOptions,
  type TransportSettingsInput,
} from "../../src/transport/index.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const portOf = (learner: LearnerEndpoint) => Number(learner.address.split(":")[1]);

async function serve(options: LearnerOptions, settings: TransportSettingsInput = {}): Promise<LearnerEndpoint> {
  const learner = await new GrpcTransport({ host: "127.0.0.1", port: 0 }, settings).createLearner(options);
  closing.push(() => learner.close());
  return learner;
}

async function act(port: number): Promise<ActorEndpoint> {
  const actor = await new GrpcTransport({ host: "127.0.0.1", port }).createActor();
  closing.push(() => actor.close(0));
  return actor;
}

function rawClient(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  closing.push(() => client.close());
  return client;
}

const openingFrame = (session: string, oldestHeld = 1) => {
  const opening = { protocolVersion: 1, session, oldestHeld };
  return Transition.encode({ transferState: 0, data: new Uint8Array(0), totalBytes: 0, opening }).finish();
};

/** A stream that identifies itself, sends nothing and ends. */
function openOnly(client: Client, frame: Uint8Array): Promise<{ code: number; details: string }> {
  return new Promise((resolve) => {
    const path = "/transport.LearnerService/SendTransitions";
    const call = client.makeBidiStreamRequest<Uint8Array, Uint8Array>(path, Buffer.from, (bytes) => bytes);
    call.on("data", () => {});
    call.on("error", () => {});
    call.on("status", resolve);
    call.write(frame);
    call.end();
  });
}

describe("openings without records", () => {
  it("leave nothing in a learner, so that a new actor is accepted after thousands, also after a restart", async () => {
    const settings = { maxSessions: 8 };
    const recording = new RecordingLearner();
    const learner = await serve(recording.options, settings);
    const first = await act(portOf(learner));
    await first.sendTransition(numbered(1));
    await first.flush(PATIENCE_S);
    const client = rawClient(portOf(learner));
    for (let round = 0; round < 250; round++) {
      const names = Array.from({ length: 8 }, (_, i) => `empty-${round}-${i}`);
      const answers = await Promise.all(names.map((name) => openOnly(client, openingFrame(name, 2))));
      expect(answers.every(({ code }) => code === status.OK)).toBe(true);
    }
    const state = JSON.parse(JSON.stringify(learner.state()));
    expect(state).toEqual({ version: 1, transitions: { [first.session]: 1 }, interactions: {} });
    for (const endpoint of [learner, await serve({ ...recording.options, state }, settings)]) {
      const honest = await act(portOf(endpoint));
      await honest.sendTransition(numbered(2));
      await honest.flush(PATIENCE_S);
      expect(recording.numbers(honest.session)).toEqual([2]);
      expect(endpoint.metrics().transitions.missing).toBe(0);
    }
    expect(recording.events.filter(({ level }) => level !== "info")).toEqual([]);
  });
});

/** The handshake's answer for a session of this name. */
function shakeHands(client: Client, session: string): Promise<ServiceError | null> {
  const request = ReadyRequest.encode({ protocolVersion: 1, session }).finish();
  const reply = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest("/transport.LearnerService/Ready", Buffer.from, reply, request, resolve);
  });
}

describe("a session's name", () => {
  it("that a terminal, a path or a log would misread is refused with the reason and never repeated", async () => {
    const recording = new RecordingLearner();
    const learner = await serve(recording.options);
    const client = rawClient(portOf(learner));
    for (const [name, reason] of [
      ["", "has 0 characters"],
      ["x".repeat(129), "has 129 characters"],
      [" ", "is blank"],
      [".", 'is "."'],
      ["..", 'is ".."'],
      ["__proto__", "means something else"],
      ["evil\u001b[2J", "control characters"],
      ["evil\nerror: forged", "control characters"],
      ["evil\u0000", "control characters"],
      ["evil\u009b2J", "control characters"],
      ["evil\u202etxt", "marks that turn text around"],
      ["evil\u2067txt", "marks that turn text around"],
    ] as const) {
      const handshake = await shakeHands(client, name);
      const stream = await openOnly(client, openingFrame(name, 2));
      for (const answer of [handshake, stream]) {
        expect(answer).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining(reason) });
        expect(answer?.details).not.toContain("evil");
      }
    }
    expect(await shakeHands(client, "Prüfstand 3")).toBeNull();
    expect(recording.events.length).toBeGreaterThan(0);
    expect(JSON.stringify([recording.events, learner.state()])).not.toMatch(/evil|xxx/);
  });
});

function http2Client(port: number): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`);
  client.on("error", () => {});
  closing.push(() => client.destroy());
  return client;
}

/** Requests weights and reads none of the answer. */
function askForWeights(client: ClientHttp2Session, session: string): ClientHttp2Stream {
  const request = { protocolVersion: 1, publisher: "", version: 0, session };
  const message = ParametersRequest.encode(request).finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const path = "/transport.LearnerService/StreamParameters";
  const headers = { ":method": "POST", ":path": path, te: "trailers", "content-type": "application/grpc" };
  const stream = client.request(headers);
  stream.on("error", () => {});
  stream.end(Buffer.concat([head, message]));
  return stream;
}

const endOf = (stream: ClientHttp2Stream) =>
  new Promise<number>((resolve) => stream.once("close", () => resolve(stream.rstCode)));

describe("unread streams of weights", () => {
  const WEIGHTS = { version: 1, safetensors: new Uint8Array(9e6) };

  it("cost a learner one frame each and are ended, while an actor receives its weights", async () => {
    const recording = new RecordingLearner();
    const learner = await serve(recording.options, { maxActors: 16, readTimeoutS: 3 });
    learner.publishWeights(WEIGHTS);
    const before = process.memoryUsage().arrayBuffers;
    const clients = Array.from({ length: 30 }, () => http2Client(portOf(learner)));
    const streams = clients.flatMap((client, c) =>
      Array.from({ length: 16 }, (_, s) => askForWeights(client, c % 2 === 0 ? "" : `greedy-${c}-${s}`)),
    );
    const ends = Promise.all(streams.map(endOf));
    const actor = await act(portOf(learner));
    expect((await actor.waitForWeights(PATIENCE_S)).safetensors.length).toBe(WEIGHTS.safetensors.length);
    // The copies made by the actor count too. Hundreds of streams with a whole frame each would take more.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(120e6);
    expect((await ends).filter((code) => code === constants.NGHTTP2_CANCEL).length).toBeGreaterThanOrEqual(16);
    expect(learner.metrics().refused.stalled).toBeGreaterThanOrEqual(16);
    expect(recording.events.map(({ message }) => message).join("\n")).toMatch(
      // The slowest one: streams without a session name are listed by their address.
      /refused \(stalled, .* so far\): .*actor session (greedy-\S+|127\.0\.0\.1:\d+) .*(read nothing for 3 s|and others wait)/,
    );
  });

  it("are distinguished from slowly read ones", async () => {
    const learner = await serve(new RecordingLearner().options, { readTimeoutS: 2 });
    learner.publishWeights(WEIGHTS);
    const stream = askForWeights(http2Client(portOf(learner)), "slow");
    let read = 0;
    stream.on("data", (bytes: Buffer) => {
      read += bytes.length;
      stream.pause();
    });
    const reading = setInterval(() => stream.resume(), 10);
    closing.push(() => clearInterval(reading));
    await pause(3);
    expect(stream.closed).toBe(false);
    const sofar = read;
    await eventually("more weights", () => read > sofar + 256 * 1024);
    expect(learner.metrics().refused).toEqual({});
  });
});
