/** Decompression of parquet pages, for every codec of the format but LZO, each with a limit on what comes out. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { snappyUncompress } from "hyparquet/src/snappy.js";
import { decompressLz4, decompressLz4Raw, decompressZstd } from "hyparquet-compressors";

/** What the format allows and this program does not read. */
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
 * @param size What the page declares; the caller has checked that it is bearable.
 * @throws Error naming a codec that cannot be read, or when the content is not of this size.
 */
export function decompress(input: Uint8Array, size: number, codec: CompressionCodec): Uint8Array {
  const run = DECOMPRESS[codec];
  if (run === undefined) {
    throw new UnsupportedParquetError(`compressed with ${codec}, which is not read; write it again with SNAPPY`);
  }
  const output = run(input, size);
  if (output.length !== size) throw new Error(`a page has ${output.length} bytes and says ${size}`);
  return output;
}
