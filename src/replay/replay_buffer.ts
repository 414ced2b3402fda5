/** A bounded, seeded store of experience: validates, samples, saves and restores. */

import { totalmem } from "node:os";
import { Random } from "../tensor/random.ts";
import { allocateBatch, assertBatchFits, type ReplayBatch } from "./batch.ts";
import { MAX_MAGNITUDE } from "./bounds.ts";
import type { WaitingFrame } from "./encoding/frame_images.ts";
import { drawnFeatures, type ImageEncoding } from "./encoding/image_encoding.ts";
import { ExperienceStore } from "./experience_store.ts";
import { isImage, type ReplayFeatures } from "./features.ts";
import { assertFits, forecastReplayMemory, type MemoryForecast, replayLayout } from "./layout.ts";
import type { ReplaySource, ReplayStore } from "./replay_source.ts";
import {
  encodingFromState,
  encodingState,
  featuresFromJson,
  featuresToJson,
  fillQueue,
  queueBlocks,
  queueState,
  type ReplayBlock,
  type ReplaySnapshot,
  replayStateSchema,
  type StoredReplay,
  withRowsPerBlock,
} from "./snapshot.ts";
import type { Transition, TransitionAmendment } from "./transition.ts";
import {
  checkAmendment,
  type RejectionReason,
  TransitionRejectedError,
  TransitionValidator,
} from "./validate_transition.ts";

export interface ReplayBufferOptions {
  readonly features: ReplayFeatures;
  /** Maximum number of transitions, 1 … 2²⁹; beyond it, each new one replaces the oldest. */
  readonly capacity: number;
  /** Fixes every draw: equal seeds and equal calls give equal batches. */
  readonly seed: number;
  /** Sampled images are shifted by up to this many pixels each way (DrQ: 4). Default: 0, no shift. */
  readonly randomShiftPixels?: number;
  /** Features that batches have instead of images; `storeEncoded` supplies them. Default: batches have the images. */
  readonly encoding?: ImageEncoding;
  /** Memory limit of a full buffer. Default: all of the machine's. */
  readonly memoryLimitBytes?: number;
  /** Storage grows in blocks of at most this many bytes. Default: 8 MiB. */
  readonly blockBytes?: number;
  /** Called if the memory suffices only when most transitions continue the previous one. */
  readonly warn?: (message: string) => void;
}

export class ReplayBuffer implements ReplayStore {
  /** Features of transitions. */
  readonly features: ReplayFeatures;
  /** Features of batches: these have encoded images where the buffer has an encoding. */
  readonly drawnFeatures: ReplayFeatures;
  readonly capacity: number;
  readonly randomShiftPixels: number;
  /** Memory of this buffer when full. */
  readonly forecast: MemoryForecast;
  readonly #validator: TransitionValidator;
  readonly #random: Random;
  readonly #batches = new Map<number, ReplayBatch>();
  readonly #rejections = new Map<string, number>();
  #store: ExperienceStore;
  #encoding: ImageEncoding | undefined;
  /** Changes of rows that are stored already. */
  #changes = 0;

  /** @throws RangeError for invalid features, encoding, capacity or shift, and for a forecast beyond the memory limit. */
  constructor(options: ReplayBufferOptions) {
    const { features, capacity, randomShiftPixels = 0, encoding } = options;
    const layout = replayLayout(features, capacity, options.blockBytes, encoding);
    assertShift(features, randomShiftPixels);
    this.forecast = forecastReplayMemory(features, capacity, encoding, layout);
    assertFits(this.forecast, capacity, options.memoryLimitBytes ?? totalmem(), options.warn);
    this.features = features;
    this.drawnFeatures = drawnFeatures(features, encoding);
    this.capacity = capacity;
    this.randomShiftPixels = randomShiftPixels;
    this.#encoding = encoding;
    this.#validator = new TransitionValidator(features);
    this.#random = new Random(options.seed);
    this.#store = new ExperienceStore(features, layout, capacity, { encoding });
  }

  get size(): number {
    return this.#store.size;
  }

  /** Transitions that can be drawn: all, but for the newest ones while their images wait to be encoded. */
  get drawable(): number {
    return this.#store.drawable;
  }

  /** This buffer for a mixer: what can be drawn, as it is drawn. */
  get source(): ReplaySource {
    if (this.#encoding === undefined) return this;
    const drawable = () => this.drawable;
    return {
      features: this.drawnFeatures,
      get size() {
        return drawable();
      },
      sampleInto: (...args) => this.sampleInto(...args),
    };
  }

  /** undefined if batches have images. */
  get encoding(): ImageEncoding | undefined {
    return this.#encoding;
  }

  /** Whether `at` returns transitions with their images. */
  get holdsImages(): boolean {
    return this.#store.images?.isComplete ?? true;
  }

  /** Frames whose images wait to be encoded. */
  get waitingFrames(): number {
    return this.#store.images?.waiting ?? 0;
  }

  /** The frame that waits longest. */
  get nextWaiting(): WaitingFrame | undefined {
    return this.#store.images?.next;
  }

  /**
   * Stores what the images of a frame were encoded to. Frames are encoded in order; one that was dropped meanwhile is ignored.
   *
   * @param frame Number of the frame, of `nextWaiting`.
   * @param features float16 by image feature, `[variants, …shape]`.
   * @throws RangeError for a frame out of turn, or arrays of another length.
   */
  storeEncoded(frame: number, features: Readonly<Record<string, Uint16Array>>): void {
    if (this.#encoding === undefined) throw new Error("this replay buffer stores no encoded images");
    this.#store.storeEncoded(frame, features);
    this.#changes += 1;
  }

  /**
   * Lets all images wait to be encoded again, by another encoder whose features have the same shapes.
   *
   * @throws Error if images are missing.
   */
  encodeAgain(encoder: string): void {
    const images = this.#store.images;
    if (images?.isComplete !== true) throw new Error("the replay buffer does not hold the images of all its frames");
    this.#encoding = { ...images.encoding, encoder };
    this.#store.forgetFeatures();
    this.#changes += 1;
  }

  /** Transitions refused so far. */
  get rejectedCount(): number {
    return Object.values(this.rejections).reduce((sum, count) => sum + count, 0);
  }

  /** Transitions refused so far, by reason. */
  get rejections(): Readonly<Partial<Record<RejectionReason, number>>> {
    return Object.fromEntries(this.#rejections);
  }

  /**
   * Copies a transition into the buffer.
   * @throws TransitionRejectedError if it does not fit the features or holds NaN or infinity: it is counted but not stored,
   * and the buffer stays usable.
   * @returns the transition's number, counted from 0 over the buffer's lifetime, across saving and restoring.
   */
  add(transition: Transition): number {
    try {
      this.#validator.check(transition);
    } catch (error) {
      if (error instanceof TransitionRejectedError) {
        this.#rejections.set(error.reason, (this.#rejections.get(error.reason) ?? 0) + 1);
      }
      throw error;
    }
    this.#store.append(transition);
    return this.#store.transitions.end - 1;
  }

  /**
   * Corrects a stored transition, for example after a person revokes a label.
   *
   * @param number Return value of `add`.
   * @returns whether the transition is still in the buffer.
   * @throws TransitionRejectedError for values that `add` would refuse; nothing is changed.
   */
  amend(number: number, amendment: TransitionAmendment): boolean {
    checkAmendment(amendment);
    const amended = this.#store.amend(number, amendment);
    if (amended) this.#changes += 1;
    return amended;
  }

  /** Transitions that are stored but never drawn. */
  get quarantinedCount(): number {
    return this.#store.quarantined.size;
  }

  /** Excludes a transition from draws because it cannot be trained on. @param number Return value of `add`. */
  quarantine(number: number): void {
    this.#store.quarantine(number);
  }

  /**
   * The largest magnitude of a transition's numbers, images excluded.
   *
   * @param number Return value of `add`.
   * @returns undefined if it is no longer in the buffer.
   */
  magnitudeOf(number: number): number | undefined {
    const { first, end } = this.#store.transitions;
    return number < first || number >= end ? undefined : this.#store.magnitudeOf(number);
  }

  /** A copy of one stored transition, without images that were dropped; 0 is the oldest. @throws RangeError unless 0 ≤ index < size. */
  at(index: number): Transition {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(`index must be an integer in [0, ${this.size}), got ${index}`);
    }
    return this.#store.read(index);
  }

  /**
   * `batchSize` transitions drawn uniformly with replacement, in memory that the next call with the same size reuses. The
   * batch may be larger than the buffer.
   * @throws RangeError if the buffer is empty.
   */
  sample(batchSize: number): ReplayBatch {
    let batch = this.#batches.get(batchSize);
    if (batch === undefined) {
      batch = allocateBatch(this.drawnFeatures, batchSize);
      this.#batches.set(batchSize, batch);
    }
    this.sampleInto(batch);
    return batch;
  }

  /**
   * Order of draws: `count` indices, then per image feature (y, x) of every observation, then of every successor; of encoded
   * images, if there are several, the variant.
   */
  sampleInto(batch: ReplayBatch, firstRow = 0, count = batch.size - firstRow): void {
    if (this.size === 0) throw new RangeError("cannot sample from an empty replay buffer");
    if (this.drawable === 0) throw new RangeError("cannot sample: all images of the replay buffer wait to be encoded");
    assertBatchFits(batch, this.drawnFeatures, firstRow, count);
    this.#store.sampleInto(batch, firstRow, count, this.#random, this.randomShiftPixels);
  }

  /** Complete state to continue bit for bit: content, position and generator. Use it before the next `add`. */
  snapshot(): ReplaySnapshot {
    const { frames, transitions, images } = this.#store;
    const { end } = transitions;
    const changes = this.#changes;
    return {
      state: {
        format: "handrail-replay",
        version: 1,
        features: featuresToJson(this.features),
        capacity: this.capacity,
        random_shift_pixels: this.randomShiftPixels,
        random: [...this.#random.state],
        rejections: Object.fromEntries(this.#rejections),
        frames: queueState(frames),
        transitions: queueState(transitions),
        ...(this.#store.quarantined.size > 0 && { quarantined: [...this.#store.quarantined].sort((a, b) => a - b) }),
        ...(images && { encoding: { ...encodingState(images), encoder: this.#encoding!.encoder } }),
      },
      blocks: { [Symbol.iterator]: () => this.#blocks(end, changes) },
    };
  }

  *#blocks(end: number, changes: number): Iterator<ReplayBlock> {
    const { frames, transitions, images } = this.#store;
    const assertUnchanged = () => {
      const unchanged = transitions.end === end && this.#changes === changes;
      if (!unchanged) throw new Error("the replay buffer changed while its snapshot was being read");
    };
    for (const [prefix, queue] of [
      ["frames", frames],
      ["transitions", transitions],
      ["images", images?.queue],
    ] as const) {
      if (queue === undefined) continue;
      for (const block of queueBlocks(prefix, queue)) {
        assertUnchanged();
        yield block;
      }
    }
    assertUnchanged();
  }

  /** Restores a buffer from a snapshot. @throws Error if state and blocks are inconsistent. */
  static async restore(
    snapshot: StoredReplay,
    options: Pick<ReplayBufferOptions, "memoryLimitBytes" | "warn"> = {},
  ): Promise<ReplayBuffer> {
    const state = replayStateSchema.parse(snapshot.state);
    const features = featuresFromJson(state.features);
    const { capacity } = state;
    const encoding = state.encoding && encodingFromState(state.encoding);
    const buffer = new ReplayBuffer({
      ...options,
      features,
      capacity,
      randomShiftPixels: state.random_shift_pixels,
      seed: 0,
      ...(encoding && { encoding }),
    });
    buffer.#random.state = state.random;
    for (const [reason, count] of Object.entries(state.rejections)) buffer.#rejections.set(reason, count);
    const layout = replayLayout(features, capacity, undefined, encoding);
    const images = state.encoding && { ...state.encoding.images, encoded: state.encoding.encoded };
    const store = new ExperienceStore(
      features,
      {
        frames: withRowsPerBlock(layout.frames, state.frames),
        transitions: withRowsPerBlock(layout.transitions, state.transitions),
        ...(layout.images && images && { images: withRowsPerBlock(layout.images, state.encoding!.images) }),
      },
      capacity,
      { encoding, frames: state.frames, transitions: state.transitions, ...(images && { images }) },
    );
    const blocks =
      Symbol.asyncIterator in snapshot.blocks
        ? snapshot.blocks[Symbol.asyncIterator]()
        : snapshot.blocks[Symbol.iterator]();
    await fillQueue("frames", store.frames, blocks);
    await fillQueue("transitions", store.transitions, blocks);
    if (store.images !== undefined) await fillQueue("images", store.images.queue, blocks);
    for (let i = 0; i < store.size; i++) {
      if (!store.hasFramesOf(i)) throw new Error(`replay snapshot: transition ${i} points outside the stored frames`);
    }
    store.restored();
    for (const number of state.quarantined ?? []) store.quarantine(number);
    quarantineTooLarge(store, options.warn);
    buffer.#store = store;
    return buffer;
  }
}

/** Buffers of earlier versions may hold numbers beyond today's bounds. */
function quarantineTooLarge(store: ExperienceStore, warn: (message: string) => void = () => {}): void {
  const { first, end } = store.transitions;
  const found: number[] = [];
  for (let number = first; number < end; number++) {
    if (store.quarantined.has(number) || store.magnitudeOf(number) <= MAX_MAGNITUDE) continue;
    store.quarantine(number);
    found.push(number);
  }
  if (found.length === 0) return;
  const named = found.slice(0, 5).join(", ");
  warn(
    `${found.length} of ${store.size} stored transitions hold numbers beyond ±${MAX_MAGNITUDE} and are left out of ` +
      `training: ${named}${found.length > 5 ? ", …" : ""}`,
  );
}

function assertShift(features: ReplayFeatures, pixels: number): void {
  if (!Number.isInteger(pixels) || pixels < 0) {
    throw new RangeError(`randomShiftPixels must be a whole number of pixels, got ${pixels}`);
  }
  for (const [name, feature] of Object.entries(features.observation)) {
    if (isImage(feature) && Math.min(feature.shape[1]!, feature.shape[2]!) <= pixels) {
      throw new RangeError(
        `${name}: a shift of ${pixels} pixels needs a larger image than [${feature.shape.join(", ")}]`,
      );
    }
  }
}
