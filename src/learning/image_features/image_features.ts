/** Keeps a run's buffers supplied with the features of their images. */
import type { RLAlgorithm } from "../../algorithms/algorithm.ts";
import type { DataProcessorPipeline } from "../../processors/pipeline.ts";
import type { ImageEncoding } from "../../replay/encoding/image_encoding.ts";
import { imageNames } from "../../replay/encoding/image_encoding.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import type { TrainingCheckpoint } from "../checkpoints/contents.ts";
import { FrameEncoder } from "./frame_encoder.ts";

/** How often the progress of a long wait is reported. */
const PROGRESS_MS = 10_000;
/** So many waiting frames are worth a warning; then twice as many, and so on. */
const MANY_FRAMES = 256;

interface Messages {
  readonly warn: (message: string) => void;
  readonly inform: (message: string) => void;
}

export interface ImageEncodingRequest {
  readonly config: Pick<TrainRLServerPipelineConfig, "handrail">;
  readonly algorithm: RLAlgorithm;
  readonly preprocessor: DataProcessorPipeline;
  readonly features: ReplayFeatures;
  /** Largest shift of images each way. */
  readonly shiftPixels: number;
}

/**
 * How a new run's buffers encode their images; undefined if they do not.
 *
 * @throws Error where the config asks for it, and the algorithm has no frozen encoder.
 */
export function imageEncodingOf(request: ImageEncodingRequest): ImageEncoding | undefined {
  const { cache, keep_images: keepsImages } = request.config.handrail.image_features;
  const encoder = request.algorithm.imageEncoder;
  if (cache === false || (cache === null && encoder === undefined)) return undefined;
  if (encoder === undefined) {
    throw new Error(
      `handrail.image_features.cache is true, and algorithm "${request.algorithm.config.type}" has no image encoder that ` +
        "stays as it is: set policy.freeze_vision_encoder and policy.shared_encoder to true, or cache to null",
    );
  }
  if (imageNames(request.features).some((name) => encoder.featureShapes[name] === undefined)) return undefined;
  const variants = Math.max(1, request.config.handrail.image_features.shifts);
  const { hash } = new FrameEncoder({ ...request, encoder, variants });
  return { encoder: hash, shapes: encoder.featureShapes, variants, keepsImages };
}

export class ImageFeatures {
  readonly #buffers: readonly ReplayBuffer[];
  readonly #encoder: FrameEncoder;
  readonly #messages: Messages;
  #many = MANY_FRAMES;
  /** Frames that waited when the run began or resumed, and since then. */
  #backlog: number;
  readonly #backlogSize: number;
  readonly #beganMs = performance.now();
  #reportedMs = Number.NEGATIVE_INFINITY;

  private constructor(buffers: readonly ReplayBuffer[], encoder: FrameEncoder, messages: Messages) {
    this.#buffers = buffers;
    this.#encoder = encoder;
    this.#messages = messages;
    this.#backlog = this.waiting;
    this.#backlogSize = this.#backlog;
  }

  /**
   * For a run whose buffers store features.
   *
   * @throws Error where the features are another encoder's.
   */
  static of(run: TrainingCheckpoint, messages: Messages): ImageFeatures | undefined {
    const buffers = Object.values(run.buffers);
    const encodings = buffers.flatMap((buffer) => buffer.encoding ?? []);
    const { imageEncoder } = run.algorithm;
    const [encoding] = encodings;
    if (encoding === undefined) {
      if (imageEncoder !== undefined && buffers.length > 0 && run.trainConfig.handrail.image_features.cache !== false) {
        messages.inform(
          "the replay buffers were saved without image features: the frozen encoder runs for every batch",
        );
      }
      return undefined;
    }
    if (imageEncoder === undefined) {
      throw new Error("the replay buffers hold image features, and the run's algorithm has no frozen image encoder");
    }
    const { features, randomShiftPixels: shiftPixels } = buffers[0]!;
    const { preprocessor } = run.processors;
    const encoder = new FrameEncoder({
      ...{ encoder: imageEncoder, preprocessor, features, shiftPixels },
      variants: encoding.variants,
    });
    const { encode_again } = run.trainConfig.handrail.image_features;
    for (const buffer of buffers) {
      if (buffer.encoding?.encoder === encoder.hash) continue;
      const fits = sameShapes(buffer.encoding!.shapes, imageEncoder.featureShapes);
      changeEncoder(buffer, encoder.hash, encode_again, fits);
    }
    return new ImageFeatures(buffers, encoder, messages);
  }

  /** Frames that wait to be encoded. */
  get waiting(): number {
    return this.#buffers.reduce((sum, { waitingFrames }) => sum + waitingFrames, 0);
  }

  /** Whether images that the run began with are not encoded yet: its demonstrations, or what a checkpoint held. */
  get isBehind(): boolean {
    return this.#backlog > 0;
  }

  /** Encodes waiting frames for about as long as `milliseconds`; at least one. Nothing may be added meanwhile. */
  async encode(milliseconds: number): Promise<void> {
    const deadlineMs = performance.now() + milliseconds;
    while (await this.#encodeOne()) {
      if (this.isBehind) this.#reportProgress();
      else this.#reportMany();
      if (performance.now() >= deadlineMs) break;
    }
  }

  /** The buffers take turns, so that frames in both are found to be the same. */
  async #encodeOne(): Promise<boolean> {
    const [buffer] = [...this.#buffers].sort((a, b) => b.waitingFrames - a.waitingFrames);
    const waiting = buffer?.nextWaiting;
    if (waiting === undefined) {
      this.#backlog = 0;
      return false;
    }
    buffer!.storeEncoded(waiting.frame, await this.#encoder.encode(waiting.images));
    this.#backlog = Math.max(0, this.#backlog - 1);
    return true;
  }

  #reportMany(): void {
    const { waiting } = this;
    if (waiting <= this.#many) return;
    this.#many = 2 * waiting;
    this.#messages.warn(
      `images arrive faster than they are encoded: ${waiting} frames wait, and their transitions are not drawn yet. Encode ` +
        "fewer versions of every image (handrail.image_features.shifts), use more handrail.learner_threads, or smaller images",
    );
  }

  #reportProgress(): void {
    const now = performance.now();
    if (now - this.#reportedMs < PROGRESS_MS) return;
    this.#reportedMs = now;
    const done = this.#backlogSize - this.#backlog;
    const seconds = ((now - this.#beganMs) / 1000 / done) * this.#backlog;
    this.#messages.inform(
      `images are encoded, once each: ${done} of ${this.#backlogSize} frames, about ${seconds.toFixed(0)} s left`,
    );
  }
}

function changeEncoder(buffer: ReplayBuffer, encoder: string, encodesAgain: boolean, fits: boolean): void {
  const canEncodeAgain = fits && buffer.holdsImages;
  if (encodesAgain && canEncodeAgain) {
    buffer.encodeAgain(encoder);
    return;
  }
  const why = fits
    ? "the images were not kept (handrail.image_features.keep_images)"
    : "the features of this one have other shapes";
  const way = canEncodeAgain
    ? "have the images encoded again with handrail.image_features.encode_again=true"
    : `begin a new run, since ${why}`;
  throw new Error(
    `the replay buffers hold image features of another encoder: theirs has the SHA-256 ${buffer.encoding?.encoder}, ` +
      `this run's ${encoder}. Go back to the encoder and the image normalisation that the run began with, or ${way}`,
  );
}

function sameShapes(a: ImageEncoding["shapes"], b: ImageEncoding["shapes"]): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name]?.join() === b[name]?.join());
}
