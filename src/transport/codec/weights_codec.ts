/** Policy weights as one checksummed payload. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { TransportError } from "../errors.ts";
import { ParametersRecord } from "../generated/transport/services.ts";
import type { PublishedWeights, ReceivedWeights } from "../messages.ts";
import { checkFields, decodeUntrusted } from "./field_limits.ts";
import { concatenate, fieldHeader } from "./pieces.ts";

const SAFETENSORS_FIELD = 3;
const FROZEN_FIELD = 7;
const NOTHING = new Uint8Array(0);
const LIMITS = { fields: 1024, nested: { 5: { fields: 2 } } };

/** @param holdsFrozen Whether the receiver has the frozen weights: only their hash is encoded. Default: false. */
export function encodeWeights(publisher: string, weights: PublishedWeights, holdsFrozen = false): Uint8Array {
  const { version, safetensors, frozen, metadata = {} } = weights;
  const frozenBytes = holdsFrozen ? NOTHING : (frozen?.safetensors ?? NOTHING);
  const head = {
    publisher,
    version,
    safetensors: NOTHING,
    crc32: crc32(safetensors),
    metadata: new Map(Object.entries(metadata)),
    frozenSha256: frozen?.sha256 ?? "",
    frozen: NOTHING,
  };
  return concatenate([
    ParametersRecord.encode(head).finish(),
    ...(frozenBytes.length > 0 ? [fieldHeader(FROZEN_FIELD, frozenBytes.length), frozenBytes] : []),
    fieldHeader(SAFETENSORS_FIELD, safetensors.length),
    safetensors,
  ]);
}

/**
 * The weights are views of `encoded`. Frozen weights without bytes are those that the receiver holds.
 *
 * @throws TransportError `malformed`, or `corrupt` if the checksum or hash is wrong.
 */
export function decodeWeights(encoded: Uint8Array): ReceivedWeights {
  return decodeUntrusted("weights", () => {
    checkFields(encoded, LIMITS, "weights");
    const record = ParametersRecord.decode(encoded);
    if (crc32(record.safetensors) !== record.crc32) {
      throw new TransportError("corrupt", `weights version ${record.version} fail their checksum`);
    }
    const { publisher, version, safetensors, frozenSha256: sha256, frozen } = record;
    if (frozen.length > 0 && sha256Of(frozen) !== sha256) {
      throw new TransportError("corrupt", `the frozen part of weights version ${version} does not have its SHA-256`);
    }
    return {
      ...{ publisher, version, safetensors, metadata: Object.fromEntries(record.metadata) },
      ...(sha256 !== "" && { frozen: { sha256, safetensors: frozen } }),
    };
  });
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
