/**
 * Sends hostile streams to a gRPC learner over real sockets and records how each was refused. Only streams that must be
 * refused are attacks: one that might be accepted by chance (a flipped bit in an image) is not.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { Client, credentials, Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { Random } from "../../src/tensor/random.ts";
import {
  type NamedTensor,
  type Opening,
  ParametersRequest,
  ReadyRequest,
  RecordBatch,
  TransferState,
  Transition,
  TransitionRecord,
} from "../../src/transport/generated/transport/services.ts";

const { TRANSFER_BEGIN: BEGIN, TRANSFER_MIDDLE: MIDDLE, TRANSFER_END: END } = TransferState;

/** `pickle.dumps(os.system)`-style bytes: a receiver that unpickles would execute them. */
const PICKLE = Buffer.from("80049518000000000000008c05706f736978948c0673797374656d9493948c026964948594522e", "hex");

export interface FuzzReport {
  readonly streams: number;
  readonly frames: number;
  /** Streams by attack and answer, e.g. "endless MIDDLE → RESOURCE_EXHAUSTED". */
  readonly answers: Readonly<Record<string, number>>;
  /** Attacks that were accepted, timed out, or were refused without a reason. */
  readonly wrong: readonly string[];
}

interface Attack {
  readonly method: "Ready" | "StreamParameters" | "SendTransitions" | "SendInteractions" | "RunPickle";
  readonly frames: readonly Uint8Array[];
  readonly token?: string;
}

const frame = (transferState: TransferState, data: Uint8Array, totalBytes = 0) =>
  Transition.encode({ transferState, data, totalBytes, opening: undefined }).finish();
const lone = (payload: Uint8Array) => frame(END, payload, payload.length);
const batch = (records: Uint8Array[], firstSequence = 1) => RecordBatch.encode({ firstSequence, records }).finish();

/** Generates attacks; each has its own session name, so that one cannot supersede another. */
class Attacker {
  readonly #random: Random;
  #count = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  readonly kinds: Readonly<Record<string, () => Attack>> = {
    "random bytes": () => this.#stream(this.#bytes(1, 3000)),
    "random bytes after the opening": () => this.#stream(this.#opening(), this.#bytes(1, 3000)),
    "truncated opening": () => this.#stream(this.#truncated(this.#opening())),
    "truncated frame": () => this.#stream(this.#opening(), this.#truncated(lone(batch([this.#record({})])))),
    "stream that ends inside a message": () => this.#stream(this.#opening(), frame(BEGIN, this.#bytes(1, 99), 5000)),
    "random payload": () => this.#stream(this.#opening(), lone(this.#noise(1, 3000))),
    "random record": () => this.#stream(this.#opening(), lone(batch([this.#noise(1, 3000)]))),
    "oversized message": () => this.#stream(this.#opening(), frame(BEGIN, this.#bytes(1, 99), 2 ** 40)),
    "oversized frame": () => this.#stream(this.#opening(), new Uint8Array(3 * 2 ** 20)),
    "endless MIDDLE": () => {
      const middles = Array.from({ length: 40 }, () => frame(MIDDLE, this.#bytes(300, 301)));
      return this.#stream(this.#opening(), frame(BEGIN, this.#bytes(300, 301), 3000), ...middles);
    },
    "MIDDLE without BEGIN": () => this.#stream(this.#opening(), frame(MIDDLE, this.#bytes(1, 300))),
    "BEGIN after BEGIN": () =>
      this.#stream(this.#opening(), frame(BEGIN, this.#bytes(1, 9), 99), frame(BEGIN, this.#bytes(1, 9), 99)),
    "empty frames": () => this.#stream(this.#opening(), ...Array.from({ length: 5 }, () => new Uint8Array(0))),
    "second opening": () => this.#stream(this.#opening(), this.#opening()),
    "no opening": () => this.#stream(lone(batch([this.#record({})]))),
    "nothing at all": () => this.#stream(),
    NaN: () => this.#tensor({ data: new Uint8Array(Float32Array.of(1, Number.NaN).buffer) }),
    infinity: () => this.#tensor({ data: new Uint8Array(Float32Array.of(-1 / 0, 0).buffer) }),
    "wrong element type": () => this.#tensor({ elementType: 99 as NamedTensor["elementType"] }),
    "wrong shape": () => this.#tensor({ shape: [this.#random.integer(1000) + 3] }),
    "million dimensions": () => this.#tensor({ shape: Array(1000).fill(1) }),
    "million tensors": () => this.#stream(this.#opening(), lone(batch([Buffer.alloc(20_000, Buffer.of(10, 0))]))),
    "million records": () => this.#stream(this.#opening(), lone(Buffer.alloc(20_000, Buffer.of(18, 0)))),
    "empty batch": () =>
      this.#stream(this.#opening(), lone(RecordBatch.encode({ firstSequence: 1, records: [] }).finish())),
    "hole in the sequence": () =>
      this.#stream(this.#opening(), lone(batch([this.#record({})], 2 + this.#random.integer(2 ** 30)))),
    "old protocol version": () => this.#stream(this.#opening({ protocolVersion: 0 })),
    "future protocol version": () => this.#stream(this.#opening({ protocolVersion: 2 + this.#random.integer(1000) })),
    "nameless session": () => this.#stream(this.#opening({ session: "" })),
    "huge session name": () => this.#stream(this.#opening({ session: "s".repeat(5000) })),
    "session that starts at 0": () => this.#stream(this.#opening({ oldestHeld: 0 })),
    "pickle as frame": () => this.#stream(PICKLE),
    "pickle as payload": () => this.#stream(this.#opening(), lone(PICKLE)),
    "pickle as record": () => this.#stream(this.#opening(), lone(batch([PICKLE]))),
    "wrong token": () => ({ ...this.#stream(this.#opening()), token: randomBytes(16).toString("hex") }),
    "no token": () => ({ ...this.#stream(this.#opening()), token: "" }),
    "garbage handshake": () => ({ method: "Ready", frames: [this.#noise(1, 500)] }),
    "old handshake": () => ({
      method: "Ready",
      frames: [ReadyRequest.encode({ protocolVersion: 0, session: "s" }).finish()],
    }),
    "old request for weights": () => ({
      method: "StreamParameters",
      frames: [ParametersRequest.encode({ protocolVersion: 9, publisher: "", version: 0, session: "" }).finish()],
    }),
    "unknown method": () => ({ method: "RunPickle", frames: [PICKLE] }),
  };

  #stream(...frames: Uint8Array[]): Attack {
    return { method: this.#random.uniform() < 0.5 ? "SendTransitions" : "SendInteractions", frames };
  }

  #opening(changes: Partial<Opening> = {}): Uint8Array {
    const opening = { protocolVersion: 1, session: `fuzz-${this.#count++}`, oldestHeld: 1, ...changes };
    return Transition.encode({ transferState: 0, data: new Uint8Array(0), totalBytes: 0, opening }).finish();
  }

  #tensor(changes: Partial<NamedTensor>): Attack {
    return { method: "SendTransitions", frames: [this.#opening(), lone(batch([this.#record(changes)]))] };
  }

  #record(changes: Partial<NamedTensor>): Uint8Array {
    const tensor: NamedTensor = { name: "x", elementType: 2, shape: [2], data: new Uint8Array(8), ...changes };
    return TransitionRecord.encode({ tensors: [tensor], scalars: new Map(), metadata: new Map() }).finish();
  }

  #bytes(min: number, end: number): Uint8Array {
    return Uint8Array.from({ length: min + this.#random.integer(end - min) }, () => this.#random.integer(256));
  }

  /** Random bytes that are not a message: wire type 7 does not exist. */
  #noise(min: number, end: number): Uint8Array {
    return Uint8Array.of(15, ...this.#bytes(min, end));
  }

  #truncated(bytes: Uint8Array): Uint8Array {
    return bytes.subarray(0, 1 + this.#random.integer(bytes.length - 1));
  }
}

/** @param frames How many frames to send, at least. */
export async function fuzzLearner(options: {
  readonly port: number;
  readonly token: string;
  readonly frames: number;
  readonly seed: number;
}): Promise<FuzzReport> {
  const attacker = new Attacker(options.seed);
  const kinds = Object.entries(attacker.kinds);
  const client = new Client(`127.0.0.1:${options.port}`, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
  });
  const answers: Record<string, number> = {};
  const wrong: string[] = [];
  let streams = 0;
  let frames = 0;
  const worker = async () => {
    while (frames < options.frames) {
      const [kind, make] = kinds[streams++ % kinds.length]!;
      const attack = make();
      frames += Math.max(1, attack.frames.length);
      const { code, details } = await send(client, attack, options.token);
      const key = `${kind} → ${status[code]}`;
      answers[key] = (answers[key] ?? 0) + 1;
      if (code === status.OK || code === status.DEADLINE_EXCEEDED || details.length < 8)
        wrong.push(`${key}: ${details}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  client.close();
  return { streams, frames, answers, wrong };
}

function send(client: Client, attack: Attack, token: string): Promise<StatusObject> {
  const metadata = new Metadata();
  const sent = attack.token ?? token;
  if (sent !== "") metadata.set("authorization", `Bearer ${sent}`);
  const identity = (bytes: Uint8Array) => Buffer.from(bytes);
  const path = `/transport.LearnerService/${attack.method}`;
  const call = client.makeBidiStreamRequest(path, identity, identity, metadata, { deadline: Date.now() + 10_000 });
  return new Promise((resolve) => {
    call.on("status", resolve);
    call.on("error", () => {});
    call.on("data", () => {});
    for (const bytes of attack.frames) call.write(bytes);
    call.end();
  });
}

/** Bytes that are not even HTTP/2. Resolves when the learner has hung up. */
export async function sendGarbage(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  socket.write(bytes);
  const timeout = setTimeout(() => socket.destroy(), 500);
  await once(socket, "close");
  clearTimeout(timeout);
}
