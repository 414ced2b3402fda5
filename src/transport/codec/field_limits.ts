/**
 * Counts the fields of an encoded message before decoding. In protobuf two bytes can create an object, so a message within
 * the size limit could still decode into gigabytes; this check allocates nothing.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { TransportError } from "../errors.ts";

/** Limits of one message type. */
export interface FieldLimits {
  /** Total number of fields, repeated ones counted every time. */
  readonly fields: number;
  /** By field number: the longest allowed encoding of that field. */
  readonly bytes?: Readonly<Record<number, number>>;
  /** By field number: limits of the message inside that field. */
  readonly nested?: Readonly<Record<number, FieldLimits>>;
}

const LENGTH_DELIMITED = 2;
const GROUP = [3, 4];

/** @throws TransportError `malformed` when the bytes are not a well-formed message within the limits. */
export function checkFields(encoded: Uint8Array, limits: FieldLimits, what: string): void {
  const reader = new BinaryReader(encoded);
  let fields = 0;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (++fields > limits.fields) throw new TransportError("malformed", `${what} has over ${limits.fields} fields`);
    if (GROUP.includes(wireType)) throw new TransportError("malformed", `${what} uses a group`);
    if (wireType !== LENGTH_DELIMITED) {
      reader.skip(wireType);
      continue;
    }
    const content = reader.bytes();
    const most = limits.bytes?.[field];
    if (most !== undefined && content.length > most) {
      throw new TransportError("malformed", `${what}: field ${field} has ${content.length} bytes, at most ${most} fit`);
    }
    const nested = limits.nested?.[field];
    if (nested !== undefined) checkFields(content, nested, `${what}, field ${field}`);
  }
  if (reader.pos !== reader.len) throw new TransportError("malformed", `${what} is cut off`);
}

/** Runs a decoder on untrusted bytes: any exception becomes a `malformed` with the reason. */
export function decodeUntrusted<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw new TransportError("malformed", `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
