import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../../tensor/random.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { flattenTree, type Tree } from "../../../tensor/tree.ts";
import { RewardClassifierConfigSchema } from "../config.ts";
import { BalancedFrames, shiftedImages } from "./batches.ts";
import type { Examples } from "./examples.ts";
import { FAILURE, LEFT_OUT, labelsOf, SUCCESS } from "./labels.ts";
import { chooseDecision, decide, type JudgedLabels, measure } from "./metrics.ts";
import { splitEpisodes } from "./split.ts";
import { type TrainClassifierOptions, type TrainedClassifier, trainClassifier } from "./train_classifier.ts";

describe("labels of frames", () => {
  it("are success from the row after the first success to the end, whose own row is left out", () => {
    expect([...labelsOf(Uint8Array.of(0, 0, 1, 0, 1))]).toEqual([FAILURE, FAILURE, LEFT_OUT, SUCCESS, SUCCESS]);
    expect([...labelsOf(Uint8Array.of(0, 0, 0))]).toEqual([FAILURE, FAILURE, FAILURE]);
  });

  it("are success in the last row of an episode that ends with it", () => {
    expect([...labelsOf(Uint8Array.of(0, 0, 1))]).toEqual([FAILURE, FAILURE, SUCCESS]);
  });
});

describe("the split", () => {
  it("holds out whole episodes of either kind, the same for equal seeds", () => {
    const isSuccess = Array.from({ length: 20 }, (_, i) => i % 4 === 0);
    const split = splitEpisodes(isSuccess, 0.2, new Random(1));
    expect([...split.training, ...split.heldOut].sort((a, b) => a - b)).toEqual([...isSuccess.keys()]);
    expect(split.heldOut.map((episode) => isSuccess[episode]).sort()).toEqual([false, false, false, true]);
    expect(splitEpisodes(isSuccess, 0.2, new Random(1))).toEqual(split);
    expect(splitEpisodes(isSuccess, 0.2, new Random(2))).not.toEqual(split);
  });

  it("needs two successful episodes", () => {
    expect(() => splitEpisodes([true, false, false], 0.2, new Random(0))).toThrow("1 of the 3 episodes is successful");
  });
});

const judged = (labels: number[], probabilities: number[]): JudgedLabels => ({
  labels: Uint8Array.from(labels),
  probabilities: Float32Array.from(probabilities),
});

describe("the metrics", () => {
  it("wait for several frames in a row", () => {
    const probabilities = Float32Array.of(0.9, 0.9, 0.1, 0.9, 0.9, 0.9);
    expect(decide(probabilities, { success_threshold: 0.8, debounce: 3 })).toEqual([
      ...[false, false, false, false, false, true],
    ]);
  });

  it("count frames, and episodes by their first success", () => {
    const episodes = [
      judged([0, 0, 2, 1, 1], [0.1, 0.1, 0.9, 0.9, 0.2]),
      judged([0, 0, 2, 1, 1], [0.1, 0.9, 0.9, 0.9, 0.9]),
      judged([0, 0, 0, 0, 0], [0.1, 0.1, 0.1, 0.1, 0.1]),
      judged([0, 0, 2, 1, 1], [0, 0, 0, 0, 0]),
    ];
    expect(measure(episodes, { success_threshold: 0.5, debounce: 1 })).toEqual({
      ...{ success_threshold: 0.5, debounce: 1, frames: 17, success_frames: 6 },
      ...{ frame_precision: 3 / 4, frame_recall: 3 / 6, false_positives_per_1000: 1000 / 11 },
      ...{ episodes: 4, successful_episodes: 3, episode_recall: 1 / 3, episode_precision: 1 / 2, false_alarms: 1 },
    });
  });

  it("choose a threshold amid those that judge every episode rightly", () => {
    const { success_threshold, debounce } = chooseDecision([
      judged([0, 0, 2, 1, 1], [0.1, 0.3, 0.5, 0.8, 0.8]),
      judged([0, 0, 0], [0.1, 0.3, 0.1]),
    ]);
    expect(debounce).toBe(1);
    expect(success_threshold).toBeGreaterThan(0.45);
    expect(success_threshold).toBeLessThan(0.65);
  });

  it("choose to wait where single frames are judged wrongly", () => {
    const { debounce } = chooseDecision([
      judged([0, 0, 0, 2, 1, 1, 1], [0.1, 0.9, 0.1, 0.9, 0.9, 0.9, 0.9]),
      judged([0, 0, 0], [0.1, 0.9, 0.1]),
    ]);
    expect(debounce).toBe(2);
  });
});

const CAMERA = "observation.images.front";
const SIDE = 64;

/** Episodes in whose last half, if they succeed, a bright square is in the upper part of the image; else in the lower. */
function examplesOf(episodes: number, seed: number): Examples {
  const random = new Random(seed);
  const frames = 8;
  const length = episodes * frames;
  const labels = new Uint8Array(length);
  const pixels = 3 * SIDE * SIDE;
  const images = new Uint8Array(length * pixels);
  for (let frame = 0; frame < length; frame++) {
    const isUp = Math.floor(frame / frames) % 2 === 0 && frame % frames >= frames / 2;
    labels[frame] = isUp ? SUCCESS : FAILURE;
    const image = images.subarray(frame * pixels, (frame + 1) * pixels);
    for (let i = 0; i < pixels; i++) image[i] = random.integer(60);
    const top = (isUp ? 8 : 36) + random.integer(8);
    const left = 12 + random.integer(24);
    for (let channel = 0; channel < 3; channel++) {
      for (let y = top; y < top + 12; y++)
        image.fill(250, (channel * SIDE + y) * SIDE + left, (channel * SIDE + y) * SIDE + left + 12);
    }
  }
  const described = Array.from({ length: episodes }, (_, index) => {
    return { index, from: index * frames, to: (index + 1) * frames, isSuccess: index % 2 === 0 };
  });
  return { length, episodes: described, labels, images: { [CAMERA]: images } };
}

const configOf = (values: object = {}) =>
  RewardClassifierConfigSchema.parse({
    input_features: { [CAMERA]: { type: "VISUAL", shape: [3, SIDE, SIDE] } },
    ...{ model_name: null, latent_dim: 16, hidden_dim: 16, image_encoder_hidden_dim: 8, learning_rate: 3e-3 },
    ...values,
  });

describe("batches", () => {
  it("show success in their first half", () => {
    const examples = examplesOf(6, 1);
    const frames = new BalancedFrames(examples, new Random(2)).draw(10);
    expect(frames.map((frame) => examples.labels[frame])).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
    const none = { ...examples, labels: new Uint8Array(examples.length) };
    expect(() => new BalancedFrames(none, new Random(2))).toThrow("no frame shows success");
  });

  it("hold every image shifted by its own few pixels", () => {
    const images = examplesOf(1, 1).images[CAMERA]!;
    const shape = [3, SIDE, SIDE];
    const { data } = shiftedImages(images, shape, [0, 0, 0], { shift: 4, random: new Random(3) });
    const size = 3 * SIDE * SIDE;
    const rows = [0, 1, 2].map((row) => Buffer.from(data.slice(row * size, (row + 1) * size)).toString("base64"));
    expect(new Set(rows).size).toBe(3);
    const still = shiftedImages(images, shape, [1], { shift: 0, random: new Random(3) });
    expect(still.data).toEqual(images.slice(size, 2 * size));
  });
});

describe("training", () => {
  const options: TrainClassifierOptions = {
    ...{ config: configOf(), training: examplesOf(8, 1), heldOut: examplesOf(4, 2) },
    ...{ steps: 60, batchSize: 16, seed: 3, compile: { threads: 1 } },
  };
  let trained: TrainedClassifier;
  beforeAll(async () => {
    trained = await trainClassifier(options);
  });

  const bytes = (parameters: TrainedClassifier["parameters"]) =>
    flattenTree<Tensor>(parameters as Tree<Tensor>).map(([name, { data }]) => [name, [...(data as Float32Array)]]);

  it("tells success from failure in episodes that it has not seen", () => {
    expect(trained.metrics).toMatchObject({ episode_recall: 1, false_alarms: 0, false_positives_per_1000: 0 });
  });

  it("gives equal classifiers for equal seeds, and others for others", async () => {
    const again = await trainClassifier({ ...options, steps: 5 });
    const once = await trainClassifier({ ...options, steps: 5 });
    const other = await trainClassifier({ ...options, steps: 5, seed: 4 });
    expect(bytes(again.parameters)).toEqual(bytes(once.parameters));
    expect(bytes(other.parameters)).not.toEqual(bytes(once.parameters));
  });

  it("changes the last layers only, from cached features, if only the head is to learn", async () => {
    const phases = new Set<string>();
    const head = await trainClassifier({
      ...{ ...options, steps: 5, trained: "head", variants: 2 },
      onProgress: ({ phase }) => phases.add(phase),
    });
    expect([...phases]).toEqual(["encoding", "training"]);
    const shorter = await trainClassifier({ ...options, steps: 1, trained: "head", variants: 2 });
    const withoutHead = ({ parameters }: TrainedClassifier) => bytes({ ...parameters, classifier_head: {} });
    expect(withoutHead(head)).toEqual(withoutHead(shorter));
    expect(bytes(head.parameters)).not.toEqual(bytes(shorter.parameters));
    expect(withoutHead(trained)).not.toEqual(withoutHead(head));
  });

  it("ends with the signal's reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(trainClassifier({ ...options, signal })).rejects.toThrow("enough");
  });

  it("knows two classes", async () => {
    await expect(trainClassifier({ ...options, config: configOf({ num_classes: 3 }) })).rejects.toThrow(
      "not 3 classes",
    );
  });
});
