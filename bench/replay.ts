/** Speed and memory of the replay buffer: an update's waiting time, and the size of 100k transitions with images. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ReplayFeatures } from "../src/replay/features.ts";
import { ReplayBuffer } from "../src/replay/replay_buffer.ts";
import type { Transition } from "../src/replay/transition.ts";
import { Random } from "../src/tensor/random.ts";
import { measure, type Row, timingRow } from "./measure.ts";

const STATE_FEATURES: ReplayFeatures = {
  observation: { "observation.state": { dtype: "float32", shape: [4] } },
  action: { shape: [1], low: -1, high: 1 },
};

const CAMERA_FEATURES: ReplayFeatures = {
  observation: {
    "observation.images.front": { dtype: "uint8", shape: [3, 128, 128] },
    "observation.images.wrist": { dtype: "uint8", shape: [3, 128, 128] },
    "observation.state": { dtype: "float32", shape: [18] },
  },
  action: { shape: [4], low: -1, high: 2 },
  complementaryInfo: { discrete_penalty: {}, is_intervention: {} },
};

/** Episodes of 200 steps, each transition beginning where the previous one ended. */
function* stateStream(steps: number, seed = 0): Generator<Transition> {
  const random = new Random(seed);
  const draw = () => ({ "observation.state": random.fillNormal(new Float32Array(4)) });
  let observation = draw();
  for (let step = 1; step <= steps; step++) {
    const nextObservation = draw();
    const truncated = step % 200 === 0;
    const action = random.fillUniform(new Float32Array(1), -1, 1);
    yield { observation, action, reward: random.normal(), nextObservation, terminated: false, truncated };
    observation = truncated ? draw() : nextObservation;
  }
}

/** LeRobot's default capacity. Much larger stores are bound by cache misses instead. */
const STATE_CAPACITY = 100_000;

async function stateRows(): Promise<Row[]> {
  const stream = [...stateStream(STATE_CAPACITY)];
  const buffer = new ReplayBuffer({ features: STATE_FEATURES, capacity: STATE_CAPACITY, seed: 0 });
  const insert = await measure(() => {
    for (const transition of stream) buffer.add(transition);
  });
  const samples = 100;
  const sample = await measure(() => {
    for (let i = 0; i < samples; i++) buffer.sample(256);
  });
  return [
    {
      name: "replay: insert, observation size 4",
      value: Math.round(STATE_CAPACITY / (insert.medianMs / 1e3)),
      unit: "transitions/s",
      target: "≥ 1000000",
    },
    {
      name: "replay: sample of 256, observation size 4",
      value: (sample.medianMs / samples) * 1e3,
      unit: "µs",
      target: "≤ 15",
      detail: `p10 ${((sample.p10Ms / samples) * 1e3).toFixed(1)}, ${STATE_CAPACITY} transitions stored`,
    },
  ];
}

/** Episodes of 100 steps with different images in every frame. */
function* cameraStream(steps: number, episodeLength = 100, seed = 0): Generator<Transition> {
  const random = new Random(seed);
  const bytes = Uint8Array.from({ length: 2 ** 20 }, () => random.integer(256));
  const image = () => {
    const start = random.integer(bytes.length - 49_152);
    return bytes.slice(start, start + 49_152);
  };
  const draw = () => ({
    "observation.images.front": image(),
    "observation.images.wrist": image(),
    "observation.state": random.fillNormal(new Float32Array(18)),
  });
  let observation = draw();
  for (let step = 1; step <= steps; step++) {
    const nextObservation = draw();
    const truncated = step % episodeLength === 0;
    const complementaryInfo = { discrete_penalty: 0, is_intervention: step % 2 };
    const action = random.fillUniform(new Float32Array(4), -1, 1);
    yield { observation, action, reward: 0, nextObservation, terminated: false, truncated, complementaryInfo };
    observation = truncated ? draw() : nextObservation;
  }
}

async function cameraRows(transitions: number): Promise<Row[]> {
  const before = residentBytes();
  const buffer = new ReplayBuffer({ features: CAMERA_FEATURES, capacity: transitions, seed: 0, randomShiftPixels: 4 });
  let insertMs = 0;
  for (const transition of cameraStream(transitions)) {
    const start = performance.now();
    buffer.add(transition);
    insertMs += performance.now() - start;
  }
  const cameras = "two 128×128 cameras";
  const resident = (residentBytes() - before) / 1e9;
  const sample = await measure(() => buffer.sample(64));
  return [
    {
      name: `replay: resident, ${transitions} transitions, ${cameras}`,
      value: resident,
      unit: "GB",
      ...(transitions === 100_000 ? { target: "≤ 10.5" } : {}),
    },
    { name: `replay: insert, ${cameras}`, value: (insertMs / transitions) * 1e3, unit: "µs" },
    timingRow(`replay: sample of 64, ${cameras}, random shift`, sample, { target: "≤ 12" }),
  ];
}

/** Features of two cameras' images in 16 bits, as ResNet-10 makes them of 128 × 128 pixels: a batch has them as 32-bit numbers. */
async function encodedRows(): Promise<Row[]> {
  const shapes = { "observation.images.front": [512, 4, 4], "observation.images.wrist": [512, 4, 4] };
  const encoding = { encoder: "bench", shapes, variants: 3, keepsImages: false };
  const buffer = new ReplayBuffer({ features: CAMERA_FEATURES, capacity: 2000, seed: 0, encoding });
  const features = Object.fromEntries(Object.keys(shapes).map((name) => [name, new Uint16Array(3 * 512 * 16)]));
  for (const transition of cameraStream(2000)) {
    buffer.add(transition);
    for (let next = buffer.nextWaiting; next; next = buffer.nextWaiting) buffer.storeEncoded(next.frame, features);
  }
  const sample = await measure(() => buffer.sample(64));
  return [timingRow("replay: sample of 64, features of two cameras", sample)];
}

/** Resident memory of this process after a full garbage collection. */
function residentBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage.rss();
}

/** @param cameraTransitions 100 000 fill about 10 GB; fewer give the same times. */
export async function benchReplay(cameraTransitions = 100_000): Promise<Row[]> {
  return [...(await cameraRows(cameraTransitions)), ...(await encodedRows()), ...(await stateRows())];
}
