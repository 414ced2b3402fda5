/** Speed and memory of the replay buffer: what an update waits for, and what 100k transitions with images weigh. */

import type { ReplayFeatures } from "../src/replay/features.ts";
import { ReplayBuffer } from "../src/replay/replay_buffer.ts";
import type { Transition } from "../src/replay/transition.ts";
import { Random } from "../src/tensor/random.ts";

export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is held against, in the same unit. */
  readonly target: string;
}

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

/** Episodes of 200 steps, each transition beginning where the one before ended. */
export function* stateStream(steps: number, seed = 0): Generator<Transition> {
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

function stateRows(): BenchRow[] {
  const steps = 500_000;
  const stream = [...stateStream(steps)];
  const buffer = new ReplayBuffer({ features: STATE_FEATURES, capacity: 200_000, seed: 0 });
  const insert = fastest(5, () => {
    for (const transition of stream) buffer.add(transition);
  });
  const sample = fastest(20, () => {
    for (let i = 0; i < 500; i++) buffer.sample(256);
  });
  return [
    { name: "insert, observation size 4", value: steps / insert, unit: "transitions/s", target: "≥ 1e6" },
    { name: "sample of 256, observation size 4", value: (sample / 500) * 1e6, unit: "µs", target: "≤ 15" },
  ];
}

/** Random pictures: incompressible for the kernel, and no two frames alike. */
export function* cameraStream(steps: number, episodeLength = 100, seed = 0): Generator<Transition> {
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

function cameraRows(transitions: number): BenchRow[] {
  const before = process.memoryUsage.rss();
  const buffer = new ReplayBuffer({ features: CAMERA_FEATURES, capacity: transitions, seed: 0, randomShiftPixels: 4 });
  let inserting = 0;
  for (const transition of cameraStream(transitions)) {
    const start = performance.now();
    buffer.add(transition);
    inserting += performance.now() - start;
  }
  const resident = (process.memoryUsage.rss() - before) / 1e9;
  const sample = fastest(30, () => buffer.sample(64));
  const size = `${transitions / 1000}k`;
  return [
    { name: `resident, ${size} × two 128×128 cameras`, value: resident, unit: "GB", target: "≤ 10.5 at 100k" },
    { name: "insert, two 128×128 cameras", value: (inserting / transitions) * 1e3, unit: "µs", target: "–" },
    { name: "sample of 64, two cameras, random shift", value: sample * 1e3, unit: "ms", target: "≤ 12" },
  ];
}

/** Seconds of the fastest of `times` runs, after one to warm up. */
function fastest(times: number, run: () => void): number {
  run();
  let best = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1e3;
}

/** @param cameraTransitions 100 000 takes about 10 GB; fewer give the same times. */
export function benchReplay(cameraTransitions = 100_000): BenchRow[] {
  return [...stateRows(), ...cameraRows(cameraTransitions)];
}
