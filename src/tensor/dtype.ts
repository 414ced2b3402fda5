/** Element types and the typed arrays that hold them. */

export interface TypedArrays {
  float64: Float64Array;
  float32: Float32Array;
  /** IEEE half precision, as bit patterns. */
  float16: Uint16Array;
  /** The upper half of a float32, as bit patterns. */
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint64: BigUint64Array;
  uint32: Uint32Array;
  uint16: Uint16Array;
  uint8: Uint8Array;
  /** One byte per element, 0 or 1. */
  bool: Uint8Array;
}

export type DType = keyof TypedArrays;
export type TypedArray = TypedArrays[DType];

const ARRAY_TYPE = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Every element type. */
export const DTYPES = Object.keys(ARRAY_TYPE) as readonly DType[];

export function arrayType<D extends DType>(dtype: D): (typeof ARRAY_TYPE)[D] {
  return ARRAY_TYPE[dtype];
}

export function bytesPerElement(dtype: DType): number {
  return ARRAY_TYPE[dtype].BYTES_PER_ELEMENT;
}

export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64" || dtype === "float16" || dtype === "bfloat16";
}
