/** The output of an encoder that does not learn, computed once per image and kept in memory. */
import { type CompileOptions, compile, type Random, State, type Tensor } from "../../../tensor/index.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import type { ClassifierNetwork, ClassifierParameters } from "../network.ts";
import type { ImageNormalization } from "../normalization.ts";
import { imageSpecs, normalized } from "../reward_classifier.ts";
import { type Batch, labelTensor, rowsOf, shiftedImages } from "./batches.ts";
import type { Examples } from "./examples.ts";

/** Images per run of the encoder. */
const CHUNK = 16;

export interface FeatureCacheOptions {
  readonly network: ClassifierNetwork;
  readonly parameters: ClassifierParameters;
  readonly normalization: ImageNormalization;
  /** Largest shift in pixels. */
  readonly shift: number;
  /** Shifted versions of every image; the augmentation draws from them. */
  readonly variants: number;
  readonly random: Random;
  readonly compile?: CompileOptions;
  /** Called with the share of the work that is done. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export class FeatureCache {
  readonly #features: Readonly<Record<string, Float32Array>>;
  readonly #shapes: Readonly<Record<string, readonly number[]>>;
  readonly #length: number;
  readonly #variants: number;
  readonly #random: Random;

  private constructor(
    features: Readonly<Record<string, Float32Array>>,
    shapes: Readonly<Record<string, readonly number[]>>,
    length: number,
    { variants, random }: FeatureCacheOptions,
  ) {
    this.#features = features;
    this.#shapes = shapes;
    this.#length = length;
    this.#variants = variants;
    this.#random = random;
  }

  /** Encodes `variants` versions of every image. The first is not shifted. @throws the signal's reason. */
  static async create(examples: Examples, options: FeatureCacheOptions): Promise<FeatureCache> {
    const { network, parameters, normalization, shift, variants, random, onProgress, signal } = options;
    const shapes = network.featureShapes(parameters.encoder);
    const program = compile(
      ({ inputs, state }) => ({ outputs: network.features(state, normalized(inputs, normalization)) }),
      { inputs: imageSpecs(network, "batch"), state: new State(parameters.encoder) },
      options.compile,
    );
    const features = Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => [key, new Float32Array(variants * examples.length * sizeOf(shape))]),
    );
    try {
      for (let variant = 0; variant < variants; variant++) {
        for (let from = 0; from < examples.length; from += CHUNK) {
          signal?.throwIfAborted();
          const frames = Array.from({ length: Math.min(CHUNK, examples.length - from) }, (_, i) => from + i);
          const shifted = { shift: variant === 0 ? 0 : shift, random };
          const images = network.cameras.map(({ key, shape }) => [
            key,
            shiftedImages(examples.images[key]!, shape, frames, shifted),
          ]);
          const encoded = (await program.run(Object.fromEntries(images))) as Record<string, Tensor>;
          for (const [key, { data }] of Object.entries(encoded)) {
            features[key]!.set(data as Float32Array, (variant * examples.length + from) * sizeOf(shapes[key]!));
          }
          onProgress?.((variant + (from + frames.length) / examples.length) / variants);
        }
      }
    } finally {
      await program.dispose();
    }
    return new FeatureCache(features, shapes, examples.length, options);
  }

  /** Features of the frames, each in a version drawn at random. */
  batch(frames: readonly number[]): Batch {
    const seen = Object.entries(this.#features).map(([key, numbers]) => {
      const rows = frames.map((frame) => this.#random.integer(this.#variants) * this.#length + frame);
      return [key, rowsOf(numbers, this.#shapes[key]!, rows)];
    });
    return { seen: Object.fromEntries(seen), labels: labelTensor(frames.length) };
  }
}
