/**
 * The images of a store's frames, and which of the frames are encoded. An image waits here from its arrival until it is
 * encoded, and is then kept or dropped. Frames are encoded in the order of their numbers.
 */
import type { QueueLayout } from "../layout.ts";
import { type Column, RowQueue, type RowRange } from "../row_queue.ts";
import type { ImageEncoding } from "./image_encoding.ts";

/** A frame that waits to be encoded. */
export interface WaitingFrame {
  readonly frame: number;
  /** By feature. Views of the buffer's memory: copy or encode them before it changes. */
  readonly images: Readonly<Record<string, Uint8Array>>;
}

export class FrameImages {
  /** Rows have the numbers of their frames. */
  readonly queue: RowQueue;
  readonly encoding: ImageEncoding;
  readonly #frames: RowQueue;
  /** The frames' columns of features. */
  readonly #features: readonly Column[];
  #encodedEnd: number;

  /** @param range Existing rows, whose content the caller fills in, and the number of the first frame without features. */
  constructor(
    encoding: ImageEncoding,
    layout: QueueLayout,
    frames: RowQueue,
    range?: RowRange & { readonly encoded: number },
  ) {
    this.encoding = encoding;
    this.queue = new RowQueue(layout.columns, layout.rowsPerBlock, range);
    this.#frames = frames;
    this.#features = frames.columns.filter(({ name }) => encoding.shapes[name] !== undefined);
    this.#encodedEnd = range?.encoded ?? 0;
  }

  /** Number of the first frame that is not encoded. */
  get encodedEnd(): number {
    return this.#encodedEnd;
  }

  /** Frames that are not encoded. */
  get waiting(): number {
    return this.queue.end - this.#encodedEnd;
  }

  /** The oldest of them. */
  get next(): WaitingFrame | undefined {
    if (this.waiting === 0) return undefined;
    return { frame: this.#encodedEnd, images: this.#viewsOf(this.#encodedEnd) };
  }

  /** Whether the newest frame's images are these. */
  lastEquals(images: Readonly<Record<string, Float32Array | Uint8Array>>): boolean {
    const position = this.queue.end - 1 - this.queue.originRow;
    return this.queue.columns.every((column) => column.equals(position, images[column.name]!));
  }

  append(images: Readonly<Record<string, Float32Array | Uint8Array>>): void {
    const position = this.queue.append();
    for (const column of this.queue.columns) column.write(position, images[column.name]!);
  }

  /** Copies of a frame's images; none if they were dropped. */
  read(frame: number): Record<string, Uint8Array> {
    if (frame < this.queue.first) return {};
    return Object.fromEntries(Object.entries(this.#viewsOf(frame)).map(([name, image]) => [name, image.slice()]));
  }

  /**
   * Stores the features of the frame that waits longest; ones of a frame that is gone are ignored.
   *
   * @param features float16, `[variants, …shape]` by feature.
   */
  store(frame: number, features: Readonly<Record<string, Uint16Array>>): void {
    if (frame < this.#encodedEnd) return;
    if (frame !== this.#encodedEnd || this.waiting === 0) {
      throw new RangeError(`frames are encoded in order: the next is ${this.#encodedEnd}, got ${frame}`);
    }
    for (const { name, width } of this.#features) {
      const length = features[name]?.length;
      if (length !== width) throw new RangeError(`${name}: a frame has ${width} encoded numbers, got ${length}`);
    }
    const position = frame - this.#frames.originRow;
    for (const column of this.#features) column.write(position, features[column.name]!);
    // A saved block may hold the frame without its features.
    this.#frames.revise(frame);
    this.#encodedEnd += 1;
    this.#dropUnused();
  }

  /** Follows the frames' queue, whose oldest were dropped. */
  dropOldest(): void {
    this.#encodedEnd = Math.max(this.#encodedEnd, this.#frames.first);
    this.#dropUnused();
  }

  /** Whether the images of all frames are there. */
  get isComplete(): boolean {
    return this.queue.first <= this.#frames.first;
  }

  /** Lets all frames wait again. Needs all images. */
  forgetFeatures(): void {
    this.#encodedEnd = this.#frames.first;
  }

  /** The newest frame's images stay: the next transition may begin with them. */
  #dropUnused(): void {
    const unused = this.encoding.keepsImages ? 0 : Math.min(this.#encodedEnd, this.queue.end - 1);
    const first = Math.max(this.queue.first, this.#frames.first, unused);
    if (first > this.queue.first) this.queue.dropBefore(first);
  }

  #viewsOf(frame: number): Record<string, Uint8Array> {
    const position = frame - this.queue.originRow;
    return Object.fromEntries(
      this.queue.columns.map((column) => {
        const start = column.start(position);
        return [column.name, column.block(position).subarray(start, start + column.width) as Uint8Array];
      }),
    );
  }
}
