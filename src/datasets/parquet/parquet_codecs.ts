/** Decompression of parquet pages, for every codec of the format but LZO, each with an output limit. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { snappyUncompress } from "hyparquet/src/snappy.js";
import { decompressLz4, decompressLz4Raw, decompressZstd } from "hyparquet-compressors";

/** Valid in the format but not supported here. */
export class UnsupportedParquetError extends Error {}

type Decompress = (input: Uint8Array, size: number) => Uint8Array;

const DECOMPRESS: Partial<Record<CompressionCodec, Decompress>> = {
  UNCOMPRESSED: (input) => input,
  SNAPPY: (input, size) => {
    const output = new Uint8Array(size);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, size) => gunzipSync(input, { maxOutputLength: Math.max(1, size) }),
  BROTLI: (input, size) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, size) }),
  ZSTD: (input, size) => decompressZstd(input, new Uint8Array(size)),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

/**
 * @param size Declared size of the page; the caller has checked that it is acceptable.
 * @throws Error naming an unsupported codec, or if the content has another size.
 */
export function decompress(input: Uint8Array, size: number, codec: CompressionCodec): Uint8Array {
  const run = DECOMPRESS[codec];
  if (run === undefined) {
    throw new UnsupportedParquetError(`compressed with ${codec}, which is not supported; rewrite it with SNAPPY`);
  }
  const output = run(input, size);
  if (output.length !== size) throw new Error(`a page has ${output.length} bytes and declares ${size}`);
  return output;
}
