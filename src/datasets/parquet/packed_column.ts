/**
 * Columns of numbers as chunks of a parquet file, written straight from typed arrays. No value becomes an object, which is
 * where a row encoder spends most of its time. Pages are "data page V2", values PLAIN.
 */
import type { ColumnChunk, ParquetType } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import type { NumericArray } from "../schema/columns.ts";
import { elementCount, type NumericDtype } from "../schema/features.ts";

export interface PackedColumn {
  readonly name: string;
  readonly dtype: NumericDtype;
  /** Lengths of a row's nested lists; none for a plain number. Must match the schema. */
  readonly lists: readonly number[];
  /** Row-major, without missing values. */
  readonly data: NumericArray;
  readonly rows: number;
}

const PAGE_BYTES = 2 ** 20;

const TYPES: Readonly<Record<NumericDtype, ParquetType>> = {
  float32: "FLOAT",
  float64: "DOUBLE",
  int8: "INT32",
  int16: "INT32",
  int32: "INT32",
  int64: "INT64",
  uint8: "INT32",
  uint16: "INT32",
  uint32: "INT32",
  bool: "BOOLEAN",
};

/** Appends the column to the file. @returns its entry in the file's directory. */
export function writePackedColumn(file: ByteWriter, column: PackedColumn): ColumnChunk {
  const { name, dtype, lists, data, rows } = column;
  const start = file.offset;
  const width = elementCount(lists);
  const rowsPerPage = Math.max(1, Math.floor(PAGE_BYTES / (8 * width)));
  let pages = 0;
  let uncompressed = 0;
  for (let row = 0; row < rows; row += rowsPerPage) {
    const end = Math.min(rows, row + rowsPerPage);
    const values = plainBytes(dtype, data.subarray(row * width, end * width));
    uncompressed += writePage(file, values, end - row, lists);
    pages += 1;
  }
  const range = lists.length === 0 ? rangeOf(dtype, data) : undefined;
  return {
    file_offset: BigInt(start),
    meta_data: {
      type: TYPES[dtype],
      encodings: ["PLAIN", "RLE"],
      path_in_schema: [name, ...lists.flatMap(() => ["list", "element"])],
      codec: "SNAPPY",
      num_values: BigInt(rows * width),
      total_uncompressed_size: BigInt(uncompressed),
      total_compressed_size: BigInt(file.offset - start),
      data_page_offset: BigInt(start),
      ...(range && { statistics: { ...range, null_count: 0n } }),
      encoding_stats: [{ page_type: "DATA_PAGE_V2", encoding: "PLAIN", count: pages }],
    },
  };
}

/** @returns the size before compression, header included. */
function writePage(file: ByteWriter, values: Uint8Array, rows: number, lists: readonly number[]): number {
  const count = rows * elementCount(lists);
  // Every list and value is present: each adds its two levels, and the value one more.
  const defined = 2 * lists.length + 1;
  const levels = new ByteWriter();
  const repetitionBytes =
    lists.length === 0 ? 0 : writeRleBitPackedHybrid(levels, repetitionLevels(rows, lists), bitWidth(lists.length));
  const definitionBytes = writeRleBitPackedHybrid(levels, new Uint8Array(count).fill(defined), bitWidth(defined));
  const compressed = snappyCompress(values);
  const isSmaller = compressed.length < values.length;
  const stored = isSmaller ? compressed : values;
  const start = file.offset;
  writePageHeader(file, {
    type: "DATA_PAGE_V2",
    uncompressed_page_size: levels.offset + values.length,
    compressed_page_size: levels.offset + stored.length,
    data_page_header_v2: {
      num_values: count,
      num_nulls: 0,
      num_rows: rows,
      encoding: "PLAIN",
      definition_levels_byte_length: definitionBytes,
      repetition_levels_byte_length: repetitionBytes,
      is_compressed: isSmaller,
    },
  });
  const headerBytes = file.offset - start;
  file.appendBytes(levels.getBytes());
  file.appendBytes(stored);
  return headerBytes + levels.offset + values.length;
}

/** For every value, the number of its lists that continue from the previous value: 0 at the start of a row. */
function repetitionLevels(rows: number, lists: readonly number[]): Uint8Array {
  const levels = new Uint8Array(rows * elementCount(lists)).fill(lists.length);
  for (let depth = lists.length - 1; depth >= 0; depth--) {
    const size = elementCount(lists.slice(depth));
    for (let i = 0; i < levels.length; i += size) levels[i] = depth;
  }
  return levels;
}

const bitWidth = (largest: number): number => Math.ceil(Math.log2(largest + 1));

/** Parquet is little-endian, as is every machine that runs Node in practice. */
function plainBytes(dtype: NumericDtype, values: NumericArray): Uint8Array {
  switch (dtype) {
    case "bool":
      return bits(values);
    case "int64":
      return int64Bytes(values);
    case "int8":
    case "int16":
    case "uint8":
    case "uint16":
      return bytesOf(Int32Array.from(values));
    default:
      return bytesOf(values);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: NumericArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Whole numbers held as doubles, in two's complement, without creating bigints. */
function int64Bytes(values: NumericArray): Uint8Array {
  const halves = new Uint32Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isSafeInteger(value)) throw new RangeError(`an int64 value is ${value}, not a whole number below 2^53`);
    halves[2 * i] = value; // modulo 2³²
    halves[2 * i + 1] = Math.floor(value / 2 ** 32);
  }
  return bytesOf(halves);
}

function bits(values: NumericArray): Uint8Array {
  const packed = new Uint8Array(Math.ceil(values.length / 8));
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) packed[i >> 3]! |= 1 << (i & 7);
  return packed;
}

/** Range by which readers skip row groups; undefined if a value has no order. */
function rangeOf(dtype: NumericDtype, data: NumericArray) {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (Number.isNaN(value)) return undefined;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (dtype === "int64") return { min_value: BigInt(min), max_value: BigInt(max) };
  if (dtype === "bool") return { min_value: min !== 0, max_value: max !== 0 };
  // The standard orders the two zeros.
  return { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max };
}
