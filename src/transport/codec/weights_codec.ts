/** Policy weights as one checksummed payload. */
import { crc32 } from "node:zlib";
import { TransportError } from "../errors.ts";
import { ParametersRecord } from "../generated/transport/services.ts";
import type { PublishedWeights, ReceivedWeights } from "../messages.ts";
import { checkFields, decodeUntrusted } from "./field_limits.ts";
import { concatenate, fieldHeader } from "./pieces.ts";

const SAFETENSORS_FIELD = 3;
const LIMITS = { fields: 1024, nested: { 5: { fields: 2 } } };

export function encodeWeights(publisher: string, weights: PublishedWeights): Uint8Array {
  const { version, safetensors, metadata = {} } = weights;
  const head = {
    publisher,
    version,
    safetensors: new Uint8Array(0),
    crc32: crc32(safetensors),
    metadata: new Map(Object.entries(metadata)),
  };
  return concatenate([
    ParametersRecord.encode(head).finish(),
    fieldHeader(SAFETENSORS_FIELD, safetensors.length),
    safetensors,
  ]);
}

/** The weights are a view of `encoded`. @throws TransportError `malformed`, or `corrupt` if the checksum is wrong. */
export function decodeWeights(encoded: Uint8Array): ReceivedWeights {
  return decodeUntrusted("weights", () => {
    checkFields(encoded, LIMITS, "weights");
    const record = ParametersRecord.decode(encoded);
    if (crc32(record.safetensors) !== record.crc32) {
      throw new TransportError("corrupt", `weights version ${record.version} fail their checksum`);
    }
    const { publisher, version, safetensors } = record;
    return { publisher, version, safetensors, metadata: Object.fromEntries(record.metadata) };
  });
}
