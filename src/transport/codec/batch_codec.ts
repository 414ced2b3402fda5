/** Runs of consecutive records in one payload. */
import { RecordBatch } from "../generated/transport/services.ts";
import { MAX_BATCH_RECORDS } from "../protocol.ts";
import { checkFields, decodeUntrusted } from "./field_limits.ts";

export type { RecordBatch } from "../generated/transport/services.ts";

export function encodeBatch(batch: RecordBatch): Uint8Array {
  return RecordBatch.encode(batch).finish();
}

/** The records are views of `encoded`. @throws TransportError `malformed`. */
export function decodeBatch(encoded: Uint8Array): RecordBatch {
  return decodeUntrusted("record batch", () => {
    checkFields(encoded, { fields: MAX_BATCH_RECORDS + 1 }, "record batch");
    return RecordBatch.decode(encoded);
  });
}
