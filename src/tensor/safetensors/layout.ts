/** Chooses each tensor's place in a file, and writes the header. */
import type { DType } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";
import { MAX_HEADER_BYTES, PREFIX_BYTES, SafetensorsError, STORED_TYPES } from "./format.ts";

export type TensorRecord = Readonly<Record<string, Tensor>>;
/** Free text stored with the tensors. */
export type Metadata = Readonly<Record<string, string>>;

/** Order of the dtypes: wide elements first. */
const PLACE = new Map<DType, { storedType: string; rank: number }>();
for (const [storedType, { dtype }] of STORED_TYPES) {
  if (dtype !== undefined) PLACE.set(dtype, { storedType, rank: PLACE.size });
}

/**
 * The file's first bytes (length prefix and header, padded with spaces so that the data starts at a multiple of 8) and the
 * tensors in the order of their bytes: by element type, then by name.
 */
export function encodeHeader(tensors: TensorRecord, metadata: Metadata): { header: Uint8Array; order: Tensor[] } {
  const sorted = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => PLACE.get(a.dtype)!.rank - PLACE.get(b.dtype)!.rank || compareCodePoints(nameA, nameB),
  );
  // Joined by hand: a JavaScript object would move keys that look like integers to the front.
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"__metadata__":${encodeMetadata(metadata)}`);
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === "__metadata__") throw new SafetensorsError('a tensor cannot be named "__metadata__"');
    if (dtype === "bool" && (data as Uint8Array).some((value) => value > 1)) {
      throw new SafetensorsError(`tensor "${name}" is bool but has a value that is neither 0 nor 1`);
    }
    const begin = end;
    end += data.byteLength;
    const entry = { dtype: PLACE.get(dtype)!.storedType, shape, data_offsets: [begin, end] };
    fields.push(`${quote(name, "a tensor name")}:${JSON.stringify(entry)}`);
  }
  return { header: frame(`{${fields.join(",")}}`), order: sorted.map(([, tensor]) => tensor) };
}

function encodeMetadata(metadata: Metadata): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => compareCodePoints(a, b));
  return `{${pairs.map(([key, value]) => `${quote(key, "metadata key")}:${quote(value, `metadata "${key}"`)}`).join(",")}}`;
}

function frame(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(`the header would have ${length} bytes, over the limit of ${MAX_HEADER_BYTES}`);
  }
  const bytes = new Uint8Array(PREFIX_BYTES + length).fill(" ".charCodeAt(0));
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, PREFIX_BYTES);
  return bytes;
}

/** JSON text of a string. Half of a surrogate pair has no UTF-8, so other readers would refuse the whole file. */
function quote(text: string, what: string): string {
  if (typeof text !== "string") throw new SafetensorsError(`${what} must be text, got ${JSON.stringify(text)}`);
  if (/\p{Surrogate}/u.test(text)) throw new SafetensorsError(`${what} is not valid Unicode: ${JSON.stringify(text)}`);
  return JSON.stringify(text);
}

/** The order of the UTF-8 bytes; `<` on strings compares UTF-16 units, which differs above U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  // A difference inside a surrogate pair begins at its high half.
  if (i > 0 && /[\uD800-\uDBFF]/.test(a[i - 1]!)) i--;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}
