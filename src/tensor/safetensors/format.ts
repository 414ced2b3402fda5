/**
 * The parts of a safetensors file: eight bytes of header length, a JSON header that locates every tensor in the bytes after
 * it, and those bytes. https://huggingface.co/docs/safetensors
 */
import type { DType } from "../dtype.ts";
import type { Shape } from "../shape.ts";

/** A file that violates the format, or a tensor that the format or this library cannot hold. The message names both. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

/**
 * Headers above this size are refused unread. The reference implementation's limit is 100 MB, which takes half a minute to
 * reject; this is room for some 80,000 tensors.
 */
export const MAX_HEADER_BYTES = 8 * 2 ** 20;

/** The header length at the start of a file: an unsigned 64-bit integer, little-endian. */
export const PREFIX_BYTES = 8;

interface StoredType {
  readonly bits: number;
  /** Absent: valid in the format, but only listed by this library. */
  readonly dtype?: DType;
}

/**
 * The format's element types, in the order in which a writer places them: wide ones first, so that every tensor starts at a
 * multiple of its element size. The order among equal widths is the reference implementation's.
 */
export const STORED_TYPES: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ["U64", { bits: 64, dtype: "uint64" }],
  ["I64", { bits: 64, dtype: "int64" }],
  ["F64", { bits: 64, dtype: "float64" }],
  ["C64", { bits: 64 }],
  ["F32", { bits: 32, dtype: "float32" }],
  ["U32", { bits: 32, dtype: "uint32" }],
  ["I32", { bits: 32, dtype: "int32" }],
  ["BF16", { bits: 16, dtype: "bfloat16" }],
  ["F16", { bits: 16, dtype: "float16" }],
  ["U16", { bits: 16, dtype: "uint16" }],
  ["I16", { bits: 16, dtype: "int16" }],
  ["F8_E5M2FNUZ", { bits: 8 }],
  ["F8_E4M3FNUZ", { bits: 8 }],
  ["F8_E8M0", { bits: 8 }],
  ["F8_E4M3", { bits: 8 }],
  ["F8_E5M2", { bits: 8 }],
  ["I8", { bits: 8, dtype: "int8" }],
  ["U8", { bits: 8, dtype: "uint8" }],
  ["F6_E3M2", { bits: 6 }],
  ["F6_E2M3", { bits: 6 }],
  ["F4", { bits: 4 }],
  ["BOOL", { bits: 8, dtype: "bool" }],
]);

/** Location of one tensor in a file. */
export interface SafetensorsEntry {
  readonly name: string;
  /** The format's own name of the element type, such as "F32". */
  readonly storedType: string;
  /** The element type of a `Tensor`; undefined for types that can only be listed. */
  readonly dtype: DType | undefined;
  readonly shape: Shape;
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** One past the last byte, counted from the end of the header. */
  readonly end: number;
}

export interface SafetensorsHeader {
  /** By name, in the order of their bytes in the file. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}
