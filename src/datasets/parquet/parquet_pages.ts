/**
 * Checks the pages of a column before the library decodes them. The format is full of counts that the library trusts: a
 * run of two thousand million values is five bytes, and a page that inflates to gigabytes is a few more. Here every count
 * is compared with a bound, so that a damaged or hostile file gives an error quickly.
 */
import type { CompressionCodec, ParquetType } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { decompress, UnsupportedParquetError } from "./parquet_codecs.ts";

/** Memory budget of one read, shared by all its columns. */
export class ReadBudget {
  #values: number;
  #bytes: number;

  /** @param storedBytes Bytes read from the file: data does not compress without limit. */
  constructor(storedBytes: number) {
    this.#values = Math.max(2 ** 25, 32 * storedBytes);
    this.#bytes = Math.max(2 ** 28, 64 * storedBytes);
  }

  /** @throws Error if the size is implausible for a file this small. */
  spend({ values = 0, bytes = 0 }: { readonly values?: number; readonly bytes?: number }): void {
    this.#values -= values;
    this.#bytes -= bytes;
    if (this.#values < 0 || this.#bytes < 0) {
      throw new Error("it unpacks to far more than plausible for a file of its size");
    }
  }
}

export interface ColumnShape {
  readonly codec: CompressionCodec;
  readonly type: ParquetType;
  /** Of the column's lists; 0 without lists. */
  readonly maxRepetitionLevel: number;
  /** Of its optional parts; 0 without any. */
  readonly maxDefinitionLevel: number;
  /** Values and nulls declared by the file's directory. */
  readonly values: number;
}

/** Decompressed bodies by their offset in the chunk. */
export type Pages = ReadonlyMap<number, Uint8Array>;

/**
 * Checks a column chunk.
 * @returns the pages, decompressed, so that the library need not do it again.
 * @throws Error describing the problem.
 */
export function openPages(chunk: ArrayBuffer, column: ColumnShape, budget: ReadBudget): Pages {
  const pages = new Map<number, Uint8Array>();
  const reader = { view: new DataView(chunk), offset: 0 };
  let values = 0;
  while (reader.offset < chunk.byteLength - 1) {
    const header = parquetHeader(reader);
    const start = reader.offset;
    const { compressed_page_size: stored, uncompressed_page_size: size } = header;
    if (!isCount(stored, chunk.byteLength - start) || !isCount(size, 2 ** 31)) {
      throw new Error(`a page declares ${stored} bytes, ${size} unpacked; ${chunk.byteLength - start} are left`);
    }
    reader.offset += stored;
    budget.spend({ bytes: size });
    const body = new Uint8Array(chunk, start, stored);
    const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = header;
    if (header.type === "DICTIONARY_PAGE" && dictionary) {
      if (!isCount(dictionary.num_values, size)) {
        throw new Error(`a dictionary of ${size} bytes declares ${dictionary.num_values} values`);
      }
      budget.spend({ values: dictionary.num_values });
      pages.set(start, decompress(body, size, column.codec));
    } else if (header.type === "DATA_PAGE" && v1) {
      values = checkCount(values, v1.num_values, column, budget);
      const page = decompress(body, size, column.codec);
      pages.set(start, page);
      checkPage(page, v1.num_values, v1.encoding, column);
    } else if (header.type === "DATA_PAGE_V2" && v2) {
      values = checkCount(values, v2.num_values, column, budget);
      const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = v2;
      const levels = repetition + definition;
      if (!isCount(repetition, stored) || !isCount(definition, stored) || levels > Math.min(stored, size)) {
        throw new Error(`a page of ${stored} bytes declares ${levels} bytes of levels`);
      }
      if (!isCount(v2.num_nulls, v2.num_values) || !isCount(v2.num_rows, v2.num_values)) {
        throw new Error(`a page of ${v2.num_values} values has ${v2.num_rows} rows and ${v2.num_nulls} nulls`);
      }
      const { maxRepetitionLevel, maxDefinitionLevel } = column;
      if (maxRepetitionLevel > 0) checkRuns(body.subarray(0, repetition), maxRepetitionLevel, v2.num_values);
      if (maxDefinitionLevel > 0) checkRuns(body.subarray(repetition, levels), maxDefinitionLevel, v2.num_values);
      const packed = body.subarray(levels);
      const page = v2.is_compressed === false ? packed : decompress(packed, size - levels, column.codec);
      pages.set(start + levels, page);
      checkValues(page, v2.num_values - v2.num_nulls, v2.encoding, column.type);
    } else throw new Error(`a page has the unknown type ${header.type}`);
  }
  return pages;
}

const isCount = (value: unknown, most: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;

function checkCount(before: number, count: number, column: ColumnShape, budget: ReadBudget): number {
  if (!isCount(count, column.values - before)) {
    throw new Error(`a page declares ${count} values; ${column.values - before} of ${column.values} are left`);
  }
  budget.spend({ values: count });
  return before + count;
}

/** A page of the first version: levels, each preceded by its length, then the values. */
function checkPage(page: Uint8Array, values: number, encoding: string, column: ColumnShape): void {
  let rest = page;
  let present = values;
  for (const [level, isDefinition] of [
    [column.maxRepetitionLevel, false],
    [column.maxDefinitionLevel, true],
  ] as const) {
    if (level === 0) continue;
    const runs = withLength(rest);
    const highest = checkRuns(runs, level, values);
    if (isDefinition) present = highest;
    rest = rest.subarray(4 + runs.length);
  }
  checkValues(rest, present, encoding, column.type);
}

function withLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) throw new Error("a page ends before its levels");
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  if (length > bytes.length - 4) throw new Error(`a page of ${bytes.length} bytes declares ${length} bytes of levels`);
  return bytes.subarray(4, 4 + length);
}

function checkValues(bytes: Uint8Array, values: number, encoding: string, type: ParquetType): void {
  switch (encoding) {
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
    case "RLE":
      if (values === 0) return;
      if (type === "BOOLEAN") checkRuns(withLength(bytes), 1, values);
      else checkRuns(bytes.subarray(1), undefined, values, bytes[0]);
      return;
    case "DELTA_BYTE_ARRAY":
      // Each value may repeat any part of the previous one: the unpacked size is unbounded.
      throw new UnsupportedParquetError("encoded with DELTA_BYTE_ARRAY, which is not supported; rewrite it with PLAIN");
    default:
      return; // as many bytes as values, or bounded by the values
  }
}

/** Writers may round the last run up to a whole number of groups of eight, and of 63 such groups. */
const SLACK = 512;

/**
 * Checks the runs of a hybrid of run lengths and bit-packed groups.
 * @param highest The largest value, which gives the width in bits; or the width is given.
 * @returns how many values equal the largest one; meaningless without `highest`.
 * @throws Error if a run is longer than the remaining values, or the bytes end early.
 */
function checkRuns(bytes: Uint8Array, highest: number | undefined, values: number, width = bitWidth(highest!)): number {
  if (width === undefined || width > 32) throw new Error(`values of ${width} bits`);
  let offset = 0;
  let seen = 0;
  let found = 0;
  while (seen < values) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[offset++];
      if (byte === undefined || shift > 28) throw new Error(`the runs of a page end after ${seen} of ${values} values`);
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const isPacked = header % 2 === 1;
    const count = Math.floor(header / 2) * (isPacked ? 8 : 1);
    if (count === 0 || count > values - seen + SLACK) {
      throw new Error(`a run of ${count} values, where ${values - seen} are left`);
    }
    const used = Math.min(count, values - seen);
    if (isPacked) {
      if (highest !== undefined) found += countPacked(bytes, offset, width, used, highest);
      // The last group may lack its padding bytes.
      offset += (count / 8) * width;
    } else {
      let value = 0;
      for (let i = 0; i < Math.ceil(width / 8); i++) value += (bytes[offset++] ?? 0) * 2 ** (8 * i);
      if (value === highest) found += used;
    }
    seen += count;
  }
  return found;
}

/** How many of `count` bit-packed values are `wanted`. */
function countPacked(bytes: Uint8Array, offset: number, width: number, count: number, wanted: number): number {
  let found = 0;
  for (let i = 0, bit = 8 * offset; i < count; i++, bit += width) {
    const at = bit >> 3;
    const two = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    if (((two >> (bit & 7)) & ((1 << width) - 1)) === wanted) found++;
  }
  return found;
}

const bitWidth = (highest: number): number => 32 - Math.clz32(highest);
