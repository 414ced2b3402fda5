/** Throughput of the gRPC transport on loopback between two processes: weights, state and image transitions. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "../src/tensor/random.ts";
import { Tensor } from "../src/tensor/tensor.ts";
import { type ActorEndpoint, GrpcTransport, type TransitionMessage } from "../src/transport/index.ts";
import { measure, type Row, timingRow } from "./measure.ts";

const PARAMETERS = 1_000_000;
const random = new Random(0);

const floats = (size: number) => Tensor.of([size], random.fillNormal(new Float32Array(size)));
const image = () =>
  new Tensor(
    "uint8",
    [3, 128, 128],
    Uint8Array.from({ length: 3 * 128 * 128 }, () => random.integer(256)),
  );

/** Transitions of PandaPickCube: 18 state values, 4 action values. */
function stateTransition(): TransitionMessage {
  return {
    tensors: { "state.observation.state": floats(18), action: floats(4), "next_state.observation.state": floats(18) },
    scalars: { reward: 0, done: 0, truncated: 0, "complementary_info.discrete_penalty": 0 },
    metadata: {},
  };
}

/** Two 128 × 128 cameras, observation and next observation: 393 kB. */
function imageTransition(): TransitionMessage {
  const { tensors, ...rest } = stateTransition();
  const cameras = Object.fromEntries(
    ["state", "next_state"].flatMap((part) =>
      ["front", "wrist"].map((camera) => [`${part}.observation.images.${camera}`, image()]),
    ),
  );
  return { ...rest, tensors: { ...tensors, ...cameras } };
}

export async function benchTransport(): Promise<Row[]> {
  return [await weightsRow(), ...(await transitionRows())];
}

async function weightsRow(): Promise<Row> {
  const learner = await new GrpcTransport({ host: "127.0.0.1", port: 0 }).createLearner({ onTransitions: () => {} });
  const peer = startPeer("actor", Number(learner.address.split(":")[1]));
  await once(peer, "message");
  const safetensors = new Uint8Array(PARAMETERS * 4 + 1024);
  let version = 0;
  const timing = await measure(async () => {
    const arrived = once(peer, "message");
    learner.publishWeights({ version: version++, safetensors });
    await arrived;
  });
  await stop(peer);
  await learner.close();
  return timingRow("transport: 1 M parameters, publish to arrival in the actor", timing, { target: "≤ 30" });
}

async function transitionRows(): Promise<Row[]> {
  const peer = startPeer("learner", 0);
  const [{ port }] = (await once(peer, "message")) as [{ port: number }];
  const transport = new GrpcTransport({ host: "127.0.0.1", port });
  const states = Array.from({ length: 100 }, stateTransition);
  const images = Array.from({ length: 20 }, imageTransition);
  const imageBytes = Object.values(images[0]!.tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
  const rows: Row[] = [];
  for (const journal of [false, true]) {
    const directory = mkdtempSync(join(tmpdir(), "handrail-bench-"));
    const actor = await transport.createActor(journal ? { outbox: { directory } } : {});
    await actor.ready(30);
    const how = journal ? "journalled outbox" : "outbox in memory";
    const stateRate = await rate(actor, states, 20_000);
    const imageRate = (await rate(actor, images, 1000)) * (imageBytes / 1e6);
    rows.push(
      { name: `transport: state transitions, ${how}`, value: stateRate, unit: "transitions/s", target: "≥ 5000" },
      { name: `transport: image transitions, ${how}`, value: imageRate, unit: "MB/s", target: "≥ 100" },
    );
    await actor.close();
    rmSync(directory, { recursive: true });
  }
  await stop(peer);
  return rows;
}

/** Records per second, from the first send to the last acknowledgement; the median of five rounds. */
async function rate(actor: ActorEndpoint, transitions: readonly TransitionMessage[], count: number): Promise<number> {
  const round = async () => {
    for (let i = 0; i < count; i++) await actor.sendTransition(transitions[i % transitions.length]!);
    await actor.flush(60);
  };
  const { medianMs } = await measure(round, { seconds: 0, warmup: 1, minRuns: 5 });
  return count / (medianMs / 1000);
}

function startPeer(role: string, port: number): ChildProcess {
  const path = fileURLToPath(new URL("transport_peer.ts", import.meta.url));
  return fork(path, [role, String(port)], { execArgv: ["--import", "tsx"] });
}

async function stop(peer: ChildProcess): Promise<void> {
  const closed = once(peer, "close");
  peer.kill("SIGKILL");
  await closed;
}
