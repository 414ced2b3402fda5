/**
 * A first-in, first-out queue of fixed-width rows in typed arrays. Rows are numbered from 0 and keep their numbers for ever,
 * so indices never wrap around. Storage is a list of equal blocks, allocated at the end and recycled or released at the
 * front.
 */

import { Buffer } from "node:buffer";

/** float16 as bit patterns. */
export type ColumnType = "float32" | "float16" | "uint8" | "uint32";
export type ColumnArray = Float32Array | Uint16Array | Uint8Array | Uint32Array;

export interface ColumnSpec {
  readonly name: string;
  readonly dtype: ColumnType;
  /** Elements per row. */
  readonly width: number;
}

const ARRAYS = { float32: Float32Array, float16: Uint16Array, uint8: Uint8Array, uint32: Uint32Array } as const;

/** Below this many elements a loop beats making a view for `TypedArray.set`. */
const LOOP_COPY_LIMIT = 48;

/** One field of every row. Positions count from the start of the oldest block. */
export class Column implements ColumnSpec {
  readonly name: string;
  readonly dtype: ColumnType;
  readonly width: number;
  /** The blocks in use, oldest first; owned by the queue. */
  readonly blocks: ColumnArray[] = [];
  /** Row `position` is row `position & mask` of block `position >>> shift`. */
  readonly shift: number;
  readonly mask: number;

  constructor({ name, dtype, width }: ColumnSpec, rowsPerBlock: number) {
    this.name = name;
    this.dtype = dtype;
    this.width = width;
    this.shift = 31 - Math.clz32(rowsPerBlock);
    this.mask = rowsPerBlock - 1;
  }

  block(position: number): ColumnArray {
    return this.blocks[position >>> this.shift]!;
  }

  /** Index of the row's first element inside its block. */
  start(position: number): number {
    return (position & this.mask) * this.width;
  }

  write(position: number, row: ColumnArray): void {
    const block = this.block(position);
    const start = this.start(position);
    if (this.width > LOOP_COPY_LIMIT) block.set(row, start);
    else for (let i = 0; i < this.width; i++) block[start + i] = row[i]!;
  }

  /** A copy of the row. */
  read(position: number): ColumnArray {
    return this.block(position).slice(this.start(position), this.start(position) + this.width);
  }

  /** Whether the stored row equals `row` bit for bit; `row` must hold no NaN. */
  equals(position: number, row: Float32Array | Uint8Array): boolean {
    const block = this.block(position);
    const start = this.start(position);
    if (row instanceof Uint8Array && this.width > LOOP_COPY_LIMIT) {
      return Buffer.compare(block.subarray(start, start + this.width) as Uint8Array, row) === 0;
    }
    for (let i = 0; i < this.width; i++) if (!Object.is(block[start + i], row[i])) return false;
    return true;
  }

  /** Copies the rows at `positions[i] + offset`, i < count, to consecutive rows of `target`. */
  gather(positions: Uint32Array, offset: number, count: number, target: ColumnArray, targetRow: number): void {
    const { width, blocks, shift, mask } = this;
    const first = targetRow * width;
    if (width > LOOP_COPY_LIMIT) {
      for (let i = 0; i < count; i++) {
        const position = positions[i]! + offset;
        const start = (position & mask) * width;
        target.set(blocks[position >>> shift]!.subarray(start, start + width), first + i * width);
      }
      return;
    }
    // Rows are scattered in memory. Touching all of them in a short loop lets the processor fetch many at once.
    for (let i = 0; i < count; i++) {
      const position = positions[i]! + offset;
      target[first + i * width] = blocks[position >>> shift]![(position & mask) * width]!;
    }
    for (let i = 0; i < count; i++) {
      const position = positions[i]! + offset;
      const block = blocks[position >>> shift]!;
      const start = (position & mask) * width;
      const to = first + i * width;
      for (let j = 1; j < width; j++) target[to + j] = block[start + j]!;
    }
  }
}

/** Position of a queue; with the blocks' content this is its complete state. */
export interface RowRange {
  /** Number of the oldest row. */
  readonly first: number;
  /** Number of the next row. */
  readonly end: number;
}

export class RowQueue {
  readonly columns: readonly Column[];
  /** A power of two. */
  readonly rowsPerBlock: number;
  #first: number;
  #end: number;
  #origin: number;
  /** Per block in use, how often a row was overwritten after it had been appended. */
  readonly #revisions: number[] = [];
  /** One emptied block per column, kept so that a full queue allocates nothing. */
  #spare: ColumnArray[] | undefined;

  /**
   * @param rowsPerBlock A power of two.
   * @param range Initial position: rows `first … end − 1` exist at once, and the caller fills them.
   */
  constructor(specs: readonly ColumnSpec[], rowsPerBlock: number, range: RowRange = { first: 0, end: 0 }) {
    this.columns = specs.map((spec) => new Column(spec, rowsPerBlock));
    this.rowsPerBlock = rowsPerBlock;
    this.#first = range.first;
    this.#end = range.end;
    this.#origin = range.first - (range.first % rowsPerBlock);
    const blocks = Math.ceil((range.end - this.#origin) / rowsPerBlock);
    for (let i = 0; i < blocks; i++) this.#pushBlock();
  }

  get first(): number {
    return this.#first;
  }

  get end(): number {
    return this.#end;
  }

  get size(): number {
    return this.#end - this.#first;
  }

  /** Number of the first row of the oldest block: a row's position is its number minus this. */
  get originRow(): number {
    return this.#origin;
  }

  /** Adds a row at the end. @returns its position; the caller writes every column of it. */
  append(): number {
    const position = this.#end - this.#origin;
    if (position === this.columns[0]!.blocks.length * this.rowsPerBlock) this.#pushBlock();
    this.#end += 1;
    return position;
  }

  /** Notes that row number `row` is overwritten, which changes its block. */
  revise(row: number): void {
    const block = Math.floor((row - this.#origin) / this.rowsPerBlock);
    this.#revisions[block] = this.#revisions[block]! + 1;
  }

  /** How often rows of the block at `index`, 0 the oldest, were overwritten. */
  revision(index: number): number {
    return this.#revisions[index]!;
  }

  /** Drops all rows before number `row`. */
  dropBefore(row: number): void {
    this.#first = row;
    while (row - this.#origin >= this.rowsPerBlock) {
      this.#spare = this.columns.map(({ blocks }) => blocks.shift()!);
      this.#revisions.shift();
      this.#origin += this.rowsPerBlock;
    }
  }

  #pushBlock(): void {
    // Allocates all arrays before the first push: if memory runs out here, the queue is unchanged.
    const arrays = this.#spare ?? this.columns.map(({ dtype, width }) => new ARRAYS[dtype](this.rowsPerBlock * width));
    this.#spare = undefined;
    this.columns.forEach(({ blocks }, i) => {
      blocks.push(arrays[i]!);
    });
    this.#revisions.push(0);
  }
}

/** Bytes of one row over all columns. */
export function bytesPerRow(specs: readonly ColumnSpec[]): number {
  return specs.reduce((sum, { dtype, width }) => sum + ARRAYS[dtype].BYTES_PER_ELEMENT * width, 0);
}

/** The largest power of two of rows that fits `blockBytes`, limited to the first one that holds `rows`. */
export function blockRows(specs: readonly ColumnSpec[], blockBytes: number, rows: number): number {
  const fitting = Math.max(1, Math.floor(blockBytes / bytesPerRow(specs)));
  const power = 2 ** Math.floor(Math.log2(fitting));
  return Math.min(power, 2 ** Math.ceil(Math.log2(rows)));
}
