/** Speed of datasets: recording cost in the control loop, writing, loading into replay, random access to video frames. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dataset } from "../src/datasets/dataset.ts";
import { readTransitions, replayFeaturesOf } from "../src/datasets/reading/read_transitions.ts";
import { cameraFeature, type Features } from "../src/datasets/schema/features.ts";
import { stepFeatures } from "../src/datasets/schema/step_columns.ts";
import { DatasetRecorder } from "../src/datasets/writing/dataset_recorder.ts";
import { DatasetWriter } from "../src/datasets/writing/dataset_writer.ts";
import type { FlushPolicy } from "../src/datasets/writing/dataset_writer_options.ts";
import { ReplayBuffer } from "../src/replay/replay_buffer.ts";
import { Random } from "../src/tensor/random.ts";
import { measure, type Row, timingRow } from "./measure.ts";

const STATE_SIZE = 18;
const ACTION_SIZE = 4;

const STATE_FEATURES: Features = stepFeatures(
  { observation: { "observation.state": { dtype: "float32", shape: [STATE_SIZE] } }, action: { shape: [ACTION_SIZE] } },
  { cameras: "image" },
);

/** @param quick Smaller workloads, to check that everything runs. */
export async function datasetRows({ quick = false, seconds = 3 } = {}): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "handrail-bench-"));
  try {
    const frames = quick ? 2000 : 50_000;
    return [
      await writingRow(join(folder, "closed"), frames, "close"),
      await writingRow(join(folder, "synced"), frames, "episode"),
      await loadingRow(join(folder, "loaded"), quick ? 4000 : 100_000),
      ...(await recordingRows(join(folder, "recorded"), quick ? 60 : 900)),
      ...(await randomFrameRows(folder, quick ? 60 : 300, seconds)),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeStates(root: string, frames: number, length: number, flush: FlushPolicy): Promise<number> {
  const random = new Random(0);
  const state = random.fillNormal(new Float32Array(STATE_SIZE * length));
  const action = random.fillUniform(new Float32Array(ACTION_SIZE), -1, 1);
  const start = performance.now();
  const writer = await DatasetWriter.create({ root, fps: 30, features: STATE_FEATURES, flush });
  for (let frame = 0; frame < frames; frame++) {
    const row = frame % length;
    const done = row === length - 1;
    const observation = state.subarray(row * STATE_SIZE, (row + 1) * STATE_SIZE);
    const step = { action, "next.reward": done, "next.done": done, "next.truncated": false };
    await writer.addFrame({ "observation.state": observation, ...step }, "benchmark");
    if (done) await writer.saveEpisode();
  }
  await writer.close();
  return performance.now() - start;
}

async function writingRow(root: string, frames: number, flush: FlushPolicy): Promise<Row> {
  const detail = "episodes of 1000 frames, state 18, action 4";
  const when = flush === "close" ? "" : ", each episode safe from a power failure";
  const value = (await writeStates(root, frames, 1000, flush)) / 1e3;
  const target = flush === "close" ? { target: "≤ 1" } : {};
  return { name: `write ${frames} state frames${when}`, value, unit: "s", detail, ...target };
}

async function loadingRow(root: string, transitions: number): Promise<Row> {
  await writeStates(root, transitions, 500, "close");
  const start = performance.now();
  const dataset = await Dataset.open(root);
  const buffer = new ReplayBuffer({ features: replayFeaturesOf(dataset), capacity: transitions, seed: 0 });
  for await (const transition of readTransitions(dataset)) buffer.add(transition);
  await dataset.close();
  const value = (performance.now() - start) / 1e3;
  return { name: `load ${buffer.size} state transitions into a buffer`, value, unit: "s", target: "≤ 2" };
}

/** Two moving images at 30 Hz in real time, from a transition to the worker thread, which encodes meanwhile. */
async function recordingRows(root: string, frames: number): Promise<Row[]> {
  const image = { dtype: "uint8", shape: [3, 128, 128] } as const;
  const observation = {
    "observation.state": { dtype: "float32", shape: [STATE_SIZE] },
    "observation.images.front": image,
    "observation.images.wrist": image,
  } as const;
  const features = stepFeatures({ observation, action: { shape: [ACTION_SIZE] } }, { cameras: "video" });
  const recorder = await DatasetRecorder.create({ root, fps: 30, features });
  const pixels = Uint8Array.from({ length: 3 * 128 * 128 }, (_, i) => (i * 13) % 256); // as policies see them: CHW
  const costs: number[] = [];
  let longestQueue = 0;
  for (let frame = 0; frame < frames; frame++) {
    pixels.copyWithin(0, 128); // the image scrolls by one line
    const seen = {
      "observation.state": new Float32Array(STATE_SIZE),
      "observation.images.front": pixels,
      "observation.images.wrist": pixels,
    };
    const action = new Float32Array(ACTION_SIZE);
    const step = { observation: seen, nextObservation: seen, action, reward: 0, terminated: false, truncated: false };
    const start = performance.now();
    // Like `handrail record`.
    await recorder.recordStep(step, "benchmark");
    costs.push(performance.now() - start);
    longestQueue = Math.max(longestQueue, recorder.queuedFrames);
    await new Promise((resolve) => setTimeout(resolve, 1000 / 30));
    if (frame % 300 === 299) await recorder.saveEpisode();
  }
  if (recorder.frames > 0) await recorder.saveEpisode();
  await recorder.close();
  costs.sort((a, b) => a - b);
  const quantile = (q: number) => costs[Math.floor(q * (costs.length - 1))]!;
  const detail = `two 128 × 128 cameras and state at 30 Hz, channels-first; longest queue ${longestQueue} frames`;
  return [
    { name: "cost of recording to the control loop, p99", value: quantile(0.99), unit: "ms", target: "≤ 1", detail },
    { name: "cost of recording to the control loop, median", value: quantile(0.5), unit: "ms" },
  ];
}

async function randomFrameRows(folder: string, frames: number, seconds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { height, width } of [
    { height: 128, width: 128 },
    { height: 480, width: 640 },
  ]) {
    const root = join(folder, `random-${width}`);
    const camera = { "observation.images.front": cameraFeature("video", { height, width, channels: 3 }) };
    const writer = await DatasetWriter.create({ root, fps: 30, features: camera, flush: "close" });
    const pixels = new Uint8Array(height * width * 3);
    for (let frame = 0; frame < frames; frame++) {
      pixels.fill(frame % 256, 0, pixels.length / 2);
      await writer.addFrame({ "observation.images.front": pixels }, "benchmark");
    }
    await writer.saveEpisode();
    await writer.close();
    const dataset = await Dataset.open(root);
    const random = new Random(0);
    const timing = await measure(() => dataset.frame(random.integer(frames)), { seconds });
    await dataset.close();
    rows.push(timingRow(`any video frame, ${width} × ${height}, AV1`, timing, { target: "≤ 20" }));
  }
  return rows;
}
