/**
 * safetensors in memory: bytes to tensors and back. No file access, so it also runs in a browser; for files see `file.ts`.
 * Equal tensors and metadata always give equal bytes, in the reference implementation's layout.
 */
import { arrayType } from "../dtype.ts";
import { Tensor } from "../tensor.ts";
import { PREFIX_BYTES, type SafetensorsEntry, SafetensorsError } from "./format.ts";
import { decodeHeader, decodeHeaderLength } from "./header.ts";
import { encodeHeader, type Metadata, type TensorRecord } from "./layout.ts";

/** Content of a safetensors file. */
export interface SafetensorsContent {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Metadata;
}

/**
 * Reads a complete safetensors file from memory. The tensors are copies: `bytes` may change afterwards.
 *
 * @param source Name of the data in errors, usually its path.
 * @throws SafetensorsError naming the source and the tensor, for a malformed file, or one with an element type without a
 *   JavaScript array (F8 and narrower, complex).
 */
export function parseSafetensors(bytes: Uint8Array, source = "safetensors data"): SafetensorsContent {
  const headerBytes = decodeHeaderLength(bytes, bytes.byteLength, source);
  const data = bytes.subarray(PREFIX_BYTES + headerBytes);
  const header = bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  const { entries, metadata } = decodeHeader(header, data.byteLength, source);
  const tensors = [...entries.values()].map((entry) => {
    const copy = new Uint8Array(data.subarray(entry.begin, entry.end));
    return [entry.name, decodeTensor(entry, copy.buffer, source)] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * Creates a tensor over the bytes of one entry, without copying.
 *
 * @throws SafetensorsError if the element type is unsupported, or a BOOL is neither 0 nor 1.
 */
export function decodeTensor(entry: SafetensorsEntry, bytes: ArrayBuffer, source: string): Tensor {
  const { name, dtype, shape, storedType } = entry;
  if (dtype === undefined) {
    throw new SafetensorsError(
      `${source}: tensor "${name}" is ${storedType}, which cannot be read; convert it to F16, BF16 or F32 first`,
    );
  }
  const data = new (arrayType(dtype))(bytes);
  if (dtype === "bool" && (data as Uint8Array).some((value) => value > 1)) {
    throw new SafetensorsError(`${source}: tensor "${name}" is BOOL but has a byte that is neither 0 nor 1`);
  }
  return new Tensor(dtype, shape, data);
}

/**
 * The file as one array of bytes.
 *
 * @throws SafetensorsError for a name or metadata that the format cannot hold.
 */
export function serializeSafetensors(tensors: TensorRecord, metadata: Metadata = {}): Uint8Array<ArrayBuffer> {
  const chunks = encodeSafetensors(tensors, metadata);
  const bytes = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.byteLength, 0));
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.byteLength;
  }
  return bytes;
}

/** The file in pieces: the header, then views of the tensors' own memory, so that nothing large is copied. */
export function encodeSafetensors(tensors: TensorRecord, metadata: Metadata = {}): Uint8Array[] {
  const { header, order } = encodeHeader(tensors, metadata);
  return [header, ...order.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}
