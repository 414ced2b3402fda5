/**
 * Transitions in order of arrival, the oldest dropped beyond the capacity, each observation stored once.
 *
 * Every observation is a frame in a queue, and a transition's next observation is always the frame after its own. If a
 * transition begins with the bytes that the previous one ended with, it reuses that frame; otherwise (a new episode, a gap
 * between interventions) its own is appended first. Comparing bytes decides, so the output equals the input whatever the
 * caller does with its arrays and wherever the stream is cut.
 */
import type { Random } from "../tensor/random.ts";
import type { ReplayBatch } from "./batch.ts";
import { FrameImages } from "./encoding/frame_images.ts";
import { gatherEncoded } from "./encoding/gather_encoded.ts";
import type { ImageEncoding } from "./encoding/image_encoding.ts";
import { isImage, type ReplayFeatures } from "./features.ts";
import { type ReplayLayout, type ValuesLayout, valuesLayout } from "./layout.ts";
import { copyShifted } from "./random_shift.ts";
import { type Column, RowQueue, type RowRange } from "./row_queue.ts";
import type { ObservationArrays, Transition, TransitionAmendment } from "./transition.ts";

export class ExperienceStore {
  readonly frames: RowQueue;
  readonly transitions: RowQueue;
  /** Only with an encoding: then the frames hold features of the images. */
  readonly images: FrameImages | undefined;
  readonly #features: ReplayFeatures;
  readonly #capacity: number;
  readonly #layout: ValuesLayout;
  readonly #values: Column;
  readonly #episodes: Column;
  /** Scratch: the values of the transition being appended. */
  readonly #row: Float32Array;
  /** The frames' columns without features of images, narrow ones first: they reveal most cuts without reading an image. */
  readonly #narrowFirst: readonly Column[];
  /** Number of the first transition whose frames are not both encoded. */
  #drawableEnd = 0;
  /** Scratch: the drawn indices, 0 the oldest, and the positions of their frames. */
  #indices = new Uint32Array(0);
  #framePositions = new Uint32Array(0);
  /** Numbers of transitions that are never drawn. */
  readonly #quarantined = new Set<number>();

  /** @param options The rows of a restored store: its content is filled in by the caller, before `restored`. */
  constructor(
    features: ReplayFeatures,
    layout: ReplayLayout,
    capacity: number,
    options: {
      readonly encoding?: ImageEncoding | undefined;
      readonly frames?: RowRange;
      readonly transitions?: RowRange;
      readonly images?: RowRange & { readonly encoded: number };
    } = {},
  ) {
    const { encoding, ...ranges } = options;
    this.#features = features;
    this.#capacity = capacity;
    this.frames = new RowQueue(layout.frames.columns, layout.frames.rowsPerBlock, ranges.frames);
    this.transitions = new RowQueue(layout.transitions.columns, layout.transitions.rowsPerBlock, ranges.transitions);
    [this.#values, this.#episodes] = this.transitions.columns as [Column, Column];
    this.#layout = valuesLayout(features);
    this.#row = new Float32Array(this.#layout.width);
    if (encoding !== undefined) {
      this.images = new FrameImages(encoding, layout.images!, this.frames, ranges.images);
    }
    this.#narrowFirst = this.frames.columns
      .filter(({ name }) => encoding?.shapes[name] === undefined)
      .sort((a, b) => a.width - b.width);
  }

  get size(): number {
    return this.transitions.size;
  }

  /** Transitions that can be drawn, the oldest ones: all, but for those that wait for their images to be encoded. */
  get drawable(): number {
    return this.images === undefined ? this.size : this.#drawableEnd - this.transitions.first;
  }

  /** Call when the rows of a restored store are filled in. */
  restored(): void {
    this.#drawableEnd = this.transitions.first;
    this.#extendDrawable();
  }

  /** Stores the features of a waiting frame (see `FrameImages.store`). */
  storeEncoded(frame: number, features: Readonly<Record<string, Uint16Array>>): void {
    this.images!.store(frame, features);
    this.#extendDrawable();
  }

  /** Lets all frames wait again. Needs all images. */
  forgetFeatures(): void {
    this.images!.forgetFeatures();
    this.#drawableEnd = this.transitions.first;
  }

  /** Appends a transition that was checked against the features. */
  append(transition: Transition): void {
    if (!this.#continuesWith(transition.observation)) this.#appendFrame(transition.observation);
    const frame = this.frames.end - 1;
    this.#appendFrame(transition.nextObservation);

    const { reward, terminated, truncated, frame: frameIndex, complementary } = this.#layout;
    const row = this.#row;
    row.set(transition.action);
    row[reward] = transition.reward;
    row[terminated] = transition.terminated ? 1 : 0;
    row[truncated] = transition.truncated ? 1 : 0;
    row[frameIndex] = frame % 2 ** 16;
    row[frameIndex + 1] = Math.floor(frame / 2 ** 16) % 2 ** 16;
    for (const { name, index, fallback } of complementary) {
      row[index] = transition.complementaryInfo?.[name] ?? fallback;
    }
    const position = this.transitions.append();
    this.#values.write(position, row);
    this.#episodes.block(position)[this.#episodes.start(position)] = transition.episode ?? 0;
    if (this.size > this.#capacity) this.#dropOldest();
  }

  /** Corrects the transition with this number, which counts from the first one ever. @returns whether it is still stored. */
  amend(number: number, { reward, terminated, truncated }: TransitionAmendment): boolean {
    if (number < this.transitions.first || number >= this.transitions.end) return false;
    const position = number - this.transitions.originRow;
    const block = this.#values.block(position);
    const start = this.#values.start(position);
    if (reward !== undefined) block[start + this.#layout.reward] = reward;
    if (terminated !== undefined) block[start + this.#layout.terminated] = terminated ? 1 : 0;
    if (truncated !== undefined) block[start + this.#layout.truncated] = truncated ? 1 : 0;
    this.transitions.revise(number);
    return true;
  }

  /** Copies of one transition's fields, without images that were dropped; index 0 is the oldest. */
  read(index: number): Transition {
    const position = this.#transitionPosition(index);
    const frame = this.#framePosition(position);
    const { originRow } = this.frames;
    const observation = (at: number) => {
      const images = this.images?.read(at + originRow);
      const names = Object.keys(this.#features.observation);
      const columns = new Map(this.#narrowFirst.map((column) => [column.name, column]));
      const arrays = names.map((name) => [name, columns.get(name)?.read(at) ?? images?.[name]] as const);
      return Object.fromEntries(arrays.filter(([, array]) => array !== undefined)) as ObservationArrays;
    };
    const values = this.#values.read(position) as Float32Array;
    const { actionLength, reward, terminated, truncated, complementary } = this.#layout;
    const episode = this.#episodes.block(position)[this.#episodes.start(position)]!;
    return {
      observation: observation(frame),
      action: values.slice(0, actionLength),
      reward: values[reward]!,
      nextObservation: observation(frame + 1),
      terminated: values[terminated] === 1,
      truncated: values[truncated] === 1,
      ...(episode > 0 && { episode }),
      complementaryInfo: Object.fromEntries(complementary.map(({ name, index }) => [name, values[index]!])),
    };
  }

  /** Whether the frames of transition `index` exist; false only for corrupted storage. */
  hasFramesOf(index: number): boolean {
    const frame = this.#framePosition(this.#transitionPosition(index)) + this.frames.originRow;
    return frame >= this.frames.first && frame + 1 < this.frames.end;
  }

  /** Fills `count` rows of the batch, from `firstRow` on, with transitions drawn uniformly with replacement. */
  sampleInto(batch: ReplayBatch, firstRow: number, count: number, random: Random, shiftPixels: number): void {
    if (this.#indices.length !== count) {
      this.#indices = new Uint32Array(count);
      this.#framePositions = new Uint32Array(count);
    }
    random.fillIntegers(this.#indices, this.drawable);
    this.#redrawQuarantined(random);
    const { first } = this.transitions;
    for (let i = 0; i < count; i++) batch.numbers[firstRow + i] = first + this.#indices[i]!;
    this.#gatherValues(batch, firstRow, count);
    for (const column of this.frames.columns) {
      const { name } = column;
      const shifted = shiftPixels > 0 && isImage(this.#features.observation[name]!);
      for (let next = 0; next < 2; next++) {
        const target = (next === 0 ? batch.observation : batch.nextObservation)[name]!;
        if (column.dtype === "float16") {
          const { variants } = this.images!.encoding;
          const positions = this.#framePositions;
          gatherEncoded(column, variants, positions, next, count, target as Float32Array, firstRow, random);
        } else if (shifted)
          this.#gatherShifted(column, next, count, target as Uint8Array, firstRow, random, shiftPixels);
        else column.gather(this.#framePositions, next, count, target, firstRow);
      }
    }
  }

  /** Numbers of transitions that are stored but never drawn, in no order. */
  get quarantined(): ReadonlySet<number> {
    return this.#quarantined;
  }

  /** @param number Counts from the first transition ever. */
  quarantine(number: number): void {
    if (number >= this.transitions.first && number < this.transitions.end) this.#quarantined.add(number);
  }

  /** The largest magnitude of a transition's numbers, images excluded; NaN if one is not a number. */
  magnitudeOf(number: number): number {
    const position = number - this.transitions.originRow;
    const values = this.#values.read(position) as Float32Array;
    const { frame } = this.#layout;
    let largest = 0;
    for (const [i, value] of values.entries()) if (i !== frame && i !== frame + 1) largest = larger(largest, value);
    const first = this.#framePosition(position);
    for (const column of this.frames.columns) {
      if (this.#features.observation[column.name]!.dtype !== "float32") continue;
      for (const at of [first, first + 1]) for (const value of column.read(at)) largest = larger(largest, value);
    }
    return largest;
  }

  #redrawQuarantined(random: Random): void {
    if (this.#quarantined.size === 0) return;
    const { first } = this.transitions;
    const { drawable } = this;
    if (this.#quarantined.size >= drawable) {
      const end = first + drawable;
      const excluded = [...this.#quarantined].filter((number) => number < end).length;
      if (excluded >= drawable) throw new RangeError("every transition of the replay buffer is quarantined");
    }
    const indices = this.#indices;
    for (let i = 0; i < indices.length; i++) {
      while (this.#quarantined.has(first + indices[i]!)) indices[i] = random.integer(drawable);
    }
  }

  /** Fills everything but the observations, and `#framePositions`. */
  #gatherValues({ action, reward, done, truncated, complementaryInfo }: ReplayBatch, firstRow: number, count: number) {
    const indices = this.#indices;
    const framePositions = this.#framePositions;
    const { blocks, width, shift, mask } = this.#values;
    const layout = this.#layout;
    const { actionLength } = layout;
    const oldest = this.#transitionPosition(0);
    const frameOrigin = this.frames.originRow % 2 ** 32;
    // A separate first loop also loads the scattered rows into the cache, many at once.
    for (let i = 0; i < count; i++) {
      const position = oldest + indices[i]!;
      const block = blocks[position >>> shift]!;
      const start = (position & mask) * width + layout.frame;
      framePositions[i] = block[start]! + block[start + 1]! * 2 ** 16 - frameOrigin;
    }
    for (let i = 0; i < count; i++) {
      const position = oldest + indices[i]!;
      const block = blocks[position >>> shift]!;
      const start = (position & mask) * width;
      const row = firstRow + i;
      for (let j = 0; j < actionLength; j++) action[row * actionLength + j] = block[start + j]!;
      reward[row] = block[start + layout.reward]!;
      done[row] = block[start + layout.terminated]!;
      truncated[row] = block[start + layout.truncated]!;
    }
    for (const { name, index } of layout.complementary) {
      const target = complementaryInfo[name]!;
      for (let i = 0; i < count; i++) {
        const position = oldest + indices[i]!;
        target[firstRow + i] = blocks[position >>> shift]![(position & mask) * width + index]!;
      }
    }
  }

  #gatherShifted(
    column: Column,
    offset: number,
    count: number,
    target: Uint8Array,
    firstRow: number,
    random: Random,
    shiftPixels: number,
  ): void {
    const shape = this.#features.observation[column.name]!.shape as [number, number, number];
    const choices = 2 * shiftPixels + 1;
    for (let i = 0; i < count; i++) {
      const position = this.#framePositions[i]! + offset;
      const shiftY = random.integer(choices) - shiftPixels;
      const shiftX = random.integer(choices) - shiftPixels;
      const source = column.block(position) as Uint8Array;
      copyShifted(source, column.start(position), target, (firstRow + i) * column.width, shape, shiftY, shiftX);
    }
  }

  #continuesWith(observation: ObservationArrays): boolean {
    if (this.frames.size === 0) return false;
    const last = this.frames.end - 1 - this.frames.originRow;
    for (const column of this.#narrowFirst) {
      if (!column.equals(last, observation[column.name]!)) return false;
    }
    return this.images?.lastEquals(observation) ?? true;
  }

  #appendFrame(observation: ObservationArrays): void {
    const position = this.frames.append();
    for (const column of this.#narrowFirst) column.write(position, observation[column.name]!);
    this.images?.append(observation);
  }

  #extendDrawable(): void {
    const encodedEnd = this.images?.encodedEnd ?? 0;
    const { first, end } = this.transitions;
    while (this.#drawableEnd < end) {
      const frame = this.#framePosition(this.#transitionPosition(this.#drawableEnd - first)) + this.frames.originRow;
      if (frame + 1 >= encodedEnd) return;
      this.#drawableEnd += 1;
    }
  }

  #dropOldest(): void {
    this.#quarantined.delete(this.transitions.first);
    this.transitions.dropBefore(this.transitions.first + 1);
    this.frames.dropBefore(this.frames.originRow + this.#framePosition(this.#transitionPosition(0)));
    this.images?.dropOldest();
    this.#drawableEnd = Math.max(this.#drawableEnd, this.transitions.first);
  }

  #transitionPosition(index: number): number {
    return this.transitions.first - this.transitions.originRow + index;
  }

  #framePosition(transitionPosition: number): number {
    const block = this.#values.block(transitionPosition);
    const start = this.#values.start(transitionPosition) + this.#layout.frame;
    return (block[start]! + block[start + 1]! * 2 ** 16 - this.frames.originRow) >>> 0;
  }
}

function larger(largest: number, value: number): number {
  const magnitude = Math.abs(value);
  return magnitude > largest || Number.isNaN(magnitude) ? magnitude : largest;
}
