/** Encodes runs of consecutive records as one payload. */
import { RecordBatch } from "../generated/transport/services.ts";
import { MAX_BATCH_RECORDS } from "../protocol.ts";
import { checkFields, decodeUntrusted } from "./field_limits.ts";
import { fieldHeader, type Pieces } from "./pieces.ts";

export type { RecordBatch } from "../generated/transport/services.ts";

const RECORDS_FIELD = 2;

/** Shares the records' bytes instead of copying them. */
export function encodeBatch(batch: RecordBatch): Pieces {
  const head = RecordBatch.encode({ firstSequence: batch.firstSequence, records: [] }).finish();
  return [head, ...batch.records.flatMap((record) => [fieldHeader(RECORDS_FIELD, record.length), record])];
}

/** The records are views of `encoded`. @throws TransportError `malformed`. */
export function decodeBatch(encoded: Uint8Array): RecordBatch {
  return decodeUntrusted("record batch", () => {
    checkFields(encoded, { fields: MAX_BATCH_RECORDS + 1 }, "record batch");
    return RecordBatch.decode(encoded);
  });
}
