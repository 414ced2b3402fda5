/**
 * Encodes the images of one frame with a frozen encoder. The result depends on nothing but the images and the encoder: not on
 * which frames are encoded when, nor on which buffer they are in. So every call has the same shapes, and the shifts of an image
 * come from a hash of the images.
 */
import { createHash } from "node:crypto";
import type { FrozenImageEncoder } from "../../algorithms/algorithm.ts";
import type { DataProcessorPipeline } from "../../processors/pipeline.ts";
import { makeTransition } from "../../processors/transition.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import { copyShifted } from "../../replay/random_shift.ts";
import { float32ToFloat16 } from "../../tensor/half.ts";
import { Random } from "../../tensor/random.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { forBatches } from "../training/batch_pipeline.ts";

/** An intervention's frame is in both buffers: it is found here the second time. */
const REMEMBERED_FRAMES = 64;

/** All ones in a float16 that is infinite or not a number. */
const EXPONENT = 0x7c00;

export interface FrameEncoderOptions {
  readonly encoder: FrozenImageEncoder;
  /** The policy's: images are normalised before they are encoded, as the actor's are. */
  readonly preprocessor: DataProcessorPipeline;
  /** Features of transitions. */
  readonly features: ReplayFeatures;
  /** Versions of every image, each shifted by its own offset. */
  readonly variants: number;
  /** Largest shift each way; 0 for none. */
  readonly shiftPixels: number;
}

type Images = Readonly<Record<string, Uint8Array>>;
type EncodedFrame = Readonly<Record<string, Uint16Array>>;

export class FrameEncoder {
  readonly #options: FrameEncoderOptions;
  readonly #pipeline: DataProcessorPipeline;
  readonly #remembered = new Map<string, EncodedFrame>();
  #hash: string | undefined;

  constructor(options: FrameEncoderOptions) {
    this.#options = options;
    this.#pipeline = forBatches(options.preprocessor);
  }

  /** SHA-256 of the encoder's tensors, and of what the preprocessor makes of every value that a pixel can have. */
  get hash(): string {
    this.#hash ??= this.#computeHash();
    return this.#hash;
  }

  /** @returns float16 per camera, `[variants, channels, height, width]`. */
  async encode(images: Images): Promise<EncodedFrame> {
    const digest = createHash("sha256");
    for (const camera of this.#cameras) digest.update(images[camera]!);
    const content = digest.digest();
    const key = content.toString("latin1");
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const encoded = await this.#options.encoder.encode(this.#preprocess(this.#shifted(images, content)));
    const frame = Object.fromEntries(
      this.#cameras.map((camera) => [camera, toFloat16(camera, encoded[camera]!.data as Float32Array)]),
    );
    this.#remembered.set(key, frame);
    if (this.#remembered.size > REMEMBERED_FRAMES) this.#remembered.delete(this.#remembered.keys().next().value!);
    return frame;
  }

  get #cameras(): string[] {
    return Object.keys(this.#options.encoder.featureShapes);
  }

  /** All variants of all images, 8-bit. */
  #shifted(images: Images, content: Buffer): TensorRecord {
    const { variants, shiftPixels } = this.#options;
    const seed = content.readUInt32LE(0) * 2 ** 20 + (content.readUInt32LE(4) >>> 12);
    const random = new Random(seed);
    const draw = () => (shiftPixels === 0 ? 0 : random.integer(2 * shiftPixels + 1) - shiftPixels);
    return Object.fromEntries(
      this.#cameras.map((camera) => {
        const image = images[camera]!;
        const shape = this.#shapeOf(camera);
        const shifted = new Uint8Array(variants * image.length);
        for (let i = 0; i < variants; i++) copyShifted(image, 0, shifted, i * image.length, shape, draw(), draw());
        return [camera, new Tensor("uint8", [variants, ...shape], shifted)];
      }),
    );
  }

  #preprocess(images: TensorRecord): TensorRecord {
    const others = Object.entries(this.#options.features.observation).filter(([name]) => images[name] === undefined);
    const observation = {
      ...images,
      // The pipeline looks for every feature. Those that nobody wants have no rows.
      ...Object.fromEntries(others.map(([name, { dtype, shape }]) => [name, Tensor.zeros([0, ...shape], dtype)])),
    };
    const processed = this.#pipeline.apply(makeTransition({ observation })).observation!;
    return Object.fromEntries(this.#cameras.map((camera) => [camera, processed[camera]!]));
  }

  #computeHash(): string {
    const hash = createHash("sha256");
    const add = (tensors: TensorRecord) => {
      for (const [name, { dtype, shape, data }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(`${JSON.stringify([name, dtype, shape])}\n`);
        hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      }
    };
    add(this.#options.encoder.weights());
    const ramps = this.#cameras.map((camera) => {
      const shape = this.#shapeOf(camera);
      const [channels, height, width] = shape;
      const ramp = Uint8Array.from({ length: channels * height * width }, (_, i) => (i % (height * width)) % 256);
      return [camera, new Tensor("uint8", [1, ...shape], ramp)] as const;
    });
    add(this.#preprocess(Object.fromEntries(ramps)));
    return hash.digest("hex");
  }

  #shapeOf(camera: string): readonly [number, number, number] {
    return this.#options.features.observation[camera]!.shape as readonly [number, number, number];
  }
}

/** @throws Error for numbers beyond its range. */
function toFloat16(camera: string, features: Float32Array): Uint16Array {
  const bits = float32ToFloat16(features);
  const beyond = bits.findIndex((each) => (each & EXPONENT) === EXPONENT);
  if (beyond === -1) return bits;
  throw new Error(
    `the image encoder makes ${features[beyond]} of an image of ${camera}, which no 16-bit number holds: set ` +
      "handrail.image_features.cache to false in a new run, and look at the images' normalisation",
  );
}
