/**
 * 16-bit floats as bit patterns: IEEE 754 binary16 ("float16") and bfloat16, to and from float32. Rounding is to
 * nearest, ties to even; subnormals, signed zeros and infinities are exact; a NaN stays a NaN and keeps its sign and
 * the payload bits that fit. Everything works on bits, so no step can round twice.
 */

/** Widens float16 bit patterns; every value is exact. */
export function float16ToFloat32(source: Uint16Array): Float32Array {
  return widen(source, float16BitsToFloat32Bits);
}

/** Rounds to float16 bit patterns. Magnitudes of 65520 and more become infinite. */
export function float32ToFloat16(source: Float32Array): Uint16Array {
  return narrow(source, float32BitsToFloat16Bits);
}

/** Widens bfloat16 bit patterns; every value is exact. */
export function bfloat16ToFloat32(source: Uint16Array): Float32Array {
  return widen(source, (bits) => bits << 16);
}

/** Rounds to bfloat16 bit patterns. */
export function float32ToBfloat16(source: Float32Array): Uint16Array {
  return narrow(source, float32BitsToBfloat16Bits);
}

function widen(source: Uint16Array, convert: (bits: number) => number): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = convert(source[i]!);
  return new Float32Array(bits.buffer);
}

function narrow(source: Float32Array, convert: (bits: number) => number): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  const target = new Uint16Array(source.length);
  for (let i = 0; i < source.length; i++) target[i] = convert(bits[i]!);
  return target;
}

function float16BitsToFloat32Bits(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 127 - 15) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal is fraction · 2⁻²⁴: move its leading one into the implicit place.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function float32BitsToFloat16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // from 65520, halfway to 2¹⁶, on
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - ((127 - 15) << 23), 13); // from 2⁻¹⁴ on: normal
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign; // below 2⁻²⁵, half the smallest subnormal
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

function float32BitsToBfloat16Bits(bits: number): number {
  // Rounding a NaN could carry into infinity; setting the quiet bit keeps it a NaN.
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return roundShift(bits, 16);
}

/** `bits / 2^shift`, rounded to nearest, ties to even. A carry out of the fraction correctly raises the exponent. */
function roundShift(bits: number, shift: number): number {
  const halfMinusOne = 2 ** (shift - 1) - 1;
  return (((bits >>> 0) + halfMinusOne + ((bits >>> shift) & 1)) / 2 ** shift) >>> 0;
}
