/**
 * PNG for camera frames inside parquet files, based only on zlib: embedded images need no optional package. Writes 8-bit
 * images of 1 to 4 channels; reads Pillow's frames (8 bits, not interlaced).
 *
 * fast-png is an alternative, but inflates in JavaScript and without a limit: writing a frame of 128 × 128 takes 1.6 ms
 * instead of 0.7, and a file of 400 kB can claim a gigabyte of memory.
 *
 * Specification: PNG (Third Edition), W3C 2025.
 */
import { crc32, deflateSync, inflateSync } from "node:zlib";
import type { ImageSize } from "../schema/features.ts";

const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
/** Colour types by number of channels: grey, grey + alpha, RGB, RGBA. */
const COLOUR_TYPES = [0, 4, 2, 6];
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };
const FILTER_UP = 2;
/** Fast compression: recording writes two frames per control step. */
const COMPRESSION_LEVEL = 2;

export interface Image extends ImageSize {
  /** Height × width × channels. */
  readonly data: Uint8Array;
}

/** @throws RangeError if `data` is not height × width × channels bytes, or channels is not 1 to 4. */
export function encodePng({ data, height, width, channels }: Image): Uint8Array {
  const colourType = COLOUR_TYPES[channels - 1];
  if (colourType === undefined) throw new RangeError(`a PNG has 1 to 4 channels, got ${channels}`);
  const stride = width * channels;
  if (data.length !== height * stride) {
    throw new RangeError(`expected ${height} × ${width} × ${channels} bytes, got ${data.length}`);
  }
  const filtered = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    const out = y * (stride + 1);
    const row = y * stride;
    filtered[out] = FILTER_UP;
    if (y === 0) filtered.set(data.subarray(0, stride), 1);
    else for (let x = 0; x < stride; x++) filtered[out + 1 + x] = data[row + x]! - data[row - stride + x]!;
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, colourType, 0, 0, 0], 8);
  const body = deflateSync(filtered, { level: COMPRESSION_LEVEL });
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", body), chunk("IEND", new Uint8Array())]);
}

/** Limit of an image's unpacked bytes if its size is unknown: 8192 × 8192 in colour. */
const MAX_BYTES = 3 * 2 ** 26;

/**
 * @param expected Another size is an error, before unpacking: a megabyte of PNG may hold gigabytes.
 * @throws Error describing the problem with the bytes.
 */
export function decodePng(bytes: Uint8Array, expected?: ImageSize): Image {
  const size = pngSize(bytes);
  const { height, width, channels } = size;
  assertSize(size, expected);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  for (let offset = 8; offset + 12 <= bytes.length; ) {
    const length = view.getUint32(offset);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (type === "IDAT") parts.push(bytes.subarray(offset + 8, offset + 8 + length));
    offset += 12 + length;
  }
  const stride = width * channels;
  let filtered: Uint8Array;
  try {
    filtered = inflateSync(parts.length === 1 ? parts[0]! : Buffer.concat(parts), {
      maxOutputLength: height * (stride + 1),
    });
  } catch (cause) {
    throw new Error("the PNG's image data is damaged", { cause });
  }
  if (filtered.length !== height * (stride + 1)) throw new Error("the PNG's image data ends too early");
  return { data: unfilter(filtered, height, stride, channels), height, width, channels };
}

/** A PNG's declared size. @throws Error for bytes that are not a PNG, or an unsupported kind. */
export function pngSize(bytes: Uint8Array): ImageSize {
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new Error("not a PNG image");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const [depth, colourType, , , interlace] = bytes.subarray(24, 29);
  const channels = CHANNELS[colourType!];
  if (depth !== 8 || channels === undefined || interlace !== 0) {
    throw new Error(`unsupported PNG: ${depth} bits, colour type ${colourType}, interlace ${interlace}`);
  }
  return { height, width, channels };
}

function assertSize(found: ImageSize, expected: ImageSize | undefined): void {
  const text = ({ height, width, channels }: ImageSize) => `${height} × ${width} × ${channels}`;
  const bytes = found.height * found.width * found.channels;
  if (bytes === 0 || bytes > MAX_BYTES) throw new Error(`a PNG of ${text(found)} is too large or empty`);
  if (expected && text(found) !== text(expected)) throw new Error(`the image is ${text(found)}, not ${text(expected)}`);
}

/** Undoes the five row filters (section 9). `step` is the distance to the pixel on the left. */
function unfilter(filtered: Uint8Array, height: number, stride: number, step: number): Uint8Array {
  const data = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (stride + 1)]!;
    const from = y * (stride + 1) + 1;
    const to = y * stride;
    for (let x = 0; x < stride; x++) {
      const left = x >= step ? data[to + x - step]! : 0;
      const up = y > 0 ? data[to + x - stride]! : 0;
      const upLeft = x >= step && y > 0 ? data[to + x - stride - step]! : 0;
      data[to + x] = filtered[from + x]! + prediction(filter, left, up, upLeft);
    }
  }
  return data;
}

function prediction(filter: number, left: number, up: number, upLeft: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4: {
      const estimate = left + up - upLeft;
      const toLeft = Math.abs(estimate - left);
      const toUp = Math.abs(estimate - up);
      const toUpLeft = Math.abs(estimate - upLeft);
      if (toLeft <= toUp && toLeft <= toUpLeft) return left;
      return toUp <= toUpLeft ? up : upLeft;
    }
    default:
      throw new Error(`unknown PNG row filter ${filter}`);
  }
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}
