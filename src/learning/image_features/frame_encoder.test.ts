import { afterAll, beforeAll, expect, it } from "vitest";
import { CAMERA, STATE, smallSac, WITH_CAMERA } from "../../../test/algorithms/small.ts";
import type { SACAlgorithm } from "../../algorithms/sac/algorithm.ts";
import { makeGaussianActorPrePostProcessors } from "../../policies/gaussian_actor/processors.ts";
import type { DataProcessorPipeline } from "../../processors/pipeline.ts";
import { float16ToFloat32, float32ToFloat16 } from "../../tensor/half.ts";
import { Random, Tensor } from "../../tensor/index.ts";
import { BatchPipeline } from "../training/batch_pipeline.ts";
import { FrameEncoder, type FrameEncoderOptions } from "./frame_encoder.ts";

const FEATURES = {
  observation: {
    [CAMERA]: { dtype: "uint8", shape: [3, 48, 48] },
    [STATE]: { dtype: "float32", shape: [3] },
  },
  action: { shape: [2] },
} as const;

const SIZE = 3 * 48 * 48;
const imageOf = (seed: number) => {
  const random = new Random(seed);
  return { [CAMERA]: Uint8Array.from({ length: SIZE }, () => random.integer(256)) };
};

let sac: SACAlgorithm;
let preprocessor: DataProcessorPipeline;
beforeAll(() => {
  sac = smallSac({ policy: { ...WITH_CAMERA, freeze_vision_encoder: true } });
  preprocessor = preprocessorWith({});
});
afterAll(() => sac.dispose());

function preprocessorWith(stats: object): DataProcessorPipeline {
  const range = (n: number) => ({ min: Array(n).fill(-1), max: Array(n).fill(1) });
  const dataset_stats = { [STATE]: range(3), action: range(2), ...stats };
  return makeGaussianActorPrePostProcessors({ ...sac.policyConfig, dataset_stats }).preprocessor;
}

function frameEncoder(values: Partial<FrameEncoderOptions> = {}): FrameEncoder {
  return new FrameEncoder({
    ...{ encoder: sac.imageEncoder!, preprocessor, features: FEATURES, variants: 3, shiftPixels: 4 },
    ...values,
  });
}

/** The features of an image as a training batch gets them without a cache. */
async function encodedInBatch(image: Uint8Array): Promise<Float32Array> {
  const batch = {
    size: 1,
    observation: { [CAMERA]: image, [STATE]: new Float32Array(3) },
    nextObservation: {},
    action: new Float32Array(2),
    ...{ reward: new Float32Array(1), done: new Float32Array(1), truncated: new Float32Array(1) },
    ...{ complementaryInfo: {}, numbers: new Float64Array(1), sources: new Uint8Array(1) },
  };
  const { observation } = new BatchPipeline(preprocessor, FEATURES).apply(batch);
  const encoded = await sac.imageEncoder!.encode({ [CAMERA]: observation[CAMERA]! });
  return encoded[CAMERA]!.data as Float32Array;
}

/** Moves an image by whole pixels, its border repeated. */
function moved(image: Uint8Array, shiftY: number, shiftX: number): Uint8Array {
  const clamp = (at: number) => Math.min(47, Math.max(0, at));
  return Uint8Array.from({ length: SIZE }, (_, i) => {
    const [channel, y, x] = [Math.floor(i / 2304), Math.floor(i / 48) % 48, i % 48];
    return image[channel * 2304 + clamp(y + shiftY) * 48 + clamp(x + shiftX)]!;
  });
}

it("encodes an image as the training step would, normalised like it, to 16 bits", async () => {
  const image = imageOf(1);
  const encoded = await frameEncoder({ variants: 1, shiftPixels: 0 }).encode(image);
  expect(encoded[CAMERA]).toEqual(float32ToFloat16(await encodedInBatch(image[CAMERA]!)));
});

it("shifts every version of an image by its own offset within the limit", async () => {
  const image = imageOf(2);
  const variants = 12;
  const encoded = float16ToFloat32((await frameEncoder({ variants, shiftPixels: 1 }).encode(image))[CAMERA]!);
  const possible = new Map<string, Float32Array>();
  for (const y of [-1, 0, 1]) {
    for (const x of [-1, 0, 1]) possible.set(`${y} ${x}`, await encodedInBatch(moved(image[CAMERA]!, y, x)));
  }
  const found = Array.from({ length: variants }, (_, i) => {
    const features = encoded.subarray(4 * i, 4 * i + 4);
    const distance = (other: Float32Array) => Math.max(...features.map((value, j) => Math.abs(value - other[j]!)));
    return [...possible].find(([, other]) => distance(other) < 1e-3)?.[0];
  });
  expect(found).not.toContain(undefined);
  expect(new Set(found).size).toBeGreaterThan(3);
});

it("gives the same bits whatever was encoded before, and encodes a frame of both buffers once", async () => {
  const seeds = [1, 2, 3, 4, 5];
  const forwards = frameEncoder();
  const backwards = frameEncoder();
  const one = new Map<number, unknown>();
  for (const seed of seeds) one.set(seed, await forwards.encode(imageOf(seed)));
  for (const seed of [...seeds].reverse()) expect(await backwards.encode(imageOf(seed))).toEqual(one.get(seed));

  let calls = 0;
  const encode = (images: Readonly<Record<string, Tensor>>) => {
    calls += 1;
    expect(images[CAMERA]!.shape).toEqual([3, 3, 48, 48]);
    return sac.imageEncoder!.encode(images);
  };
  const counted = frameEncoder({ encoder: { ...sac.imageEncoder!, encode } });
  for (const seed of [1, 2, 1, 2, 3]) await counted.encode(imageOf(seed));
  expect(calls).toBe(3);
});

it("has another hash with other weights or another normalisation of images, and only then", () => {
  const { hash } = frameEncoder();
  expect(
    frameEncoder({ variants: 1, preprocessor: preprocessorWith({ action: { min: [-2, -2], max: [2, 2] } }) }).hash,
  ).toBe(hash);
  const stats = { [CAMERA]: { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } };
  expect(frameEncoder({ preprocessor: preprocessorWith(stats) }).hash).not.toBe(hash);
  const [[name, tensor]] = Object.entries(sac.imageEncoder!.weights()) as [[string, Tensor<"float32">]];
  const changed = Tensor.of(
    tensor.shape,
    tensor.data.map((value, i) => (i === 0 ? value + 1e-6 : value)),
  );
  const weights = () => ({ ...sac.imageEncoder!.weights(), [name]: changed });
  expect(frameEncoder({ encoder: { ...sac.imageEncoder!, weights } }).hash).not.toBe(hash);
});

it("refuses features that 16 bits cannot hold, naming the camera", async () => {
  const encode = async () => ({ [CAMERA]: Tensor.of([3, 4, 1, 1], Array(12).fill(1e6)) });
  const encoder = frameEncoder({ encoder: { ...sac.imageEncoder!, encode } });
  await expect(encoder.encode(imageOf(1))).rejects.toThrow(`makes 1000000 of an image of ${CAMERA}`);
});

it("features in a batch reach the algorithm as they are, beside a state that is normalised", () => {
  const encoded = { dtype: "float32", shape: [4, 1, 1], encodedFrom: [3, 48, 48] } as const;
  const features = { ...FEATURES, observation: { ...FEATURES.observation, [CAMERA]: encoded } };
  const size = 2;
  const observation = {
    [CAMERA]: Float32Array.from({ length: 8 }, (_, i) => i),
    [STATE]: new Float32Array(6).fill(0.5),
  };
  const numbers = () => new Float32Array(size);
  const batch = {
    ...{ size, observation, nextObservation: observation, action: new Float32Array(2 * size) },
    ...{ reward: numbers(), done: numbers(), truncated: numbers(), complementaryInfo: {} },
    ...{ numbers: new Float64Array(size), sources: new Uint8Array(size) },
  };
  const given = new BatchPipeline(preprocessor, features).apply(batch);
  for (const each of [given.observation, given.nextObservation]) {
    expect(each[CAMERA]).toEqual(Tensor.of([2, 4, 1, 1], [0, 1, 2, 3, 4, 5, 6, 7]));
    expect(each[CAMERA]!.data.buffer).not.toBe(observation[CAMERA].buffer);
    expect(each[STATE]!.data[0]).toBeCloseTo(0.5, 6);
  }
});
