/** Frozen weights and the others together. */
import { createHash } from "node:crypto";
import { parseSafetensors, serializeSafetensors } from "../../tensor/safetensors/bytes.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { FrozenWeights, PublishedWeights } from "../messages.ts";

type Parts = Pick<PublishedWeights, "safetensors" | "frozen">;

export interface WeightsInParts {
  readonly safetensors: Uint8Array<ArrayBuffer>;
  readonly frozen?: FrozenWeights;
}

/** @param source Origin of the weights, for messages. @throws SafetensorsError for a damaged file. */
export function allWeights({ safetensors, frozen }: Parts, source: string): TensorRecord {
  const { tensors } = parseSafetensors(safetensors, source);
  return frozen === undefined ? tensors : { ...tensors, ...parseSafetensors(frozen.safetensors, source).tensors };
}

/**
 * The inverse: two files, one of them for the tensors that never change.
 *
 * @param frozen Names of these.
 * @param known Their file, if it was made before.
 */
export function inTwoFiles(weights: TensorRecord, frozen: ReadonlySet<string>, known?: FrozenWeights): WeightsInParts {
  const part = (isFrozen: boolean) =>
    serializeSafetensors(Object.fromEntries(Object.entries(weights).filter(([name]) => frozen.has(name) === isFrozen)));
  if (frozen.size === 0) return { safetensors: part(false) };
  if (known !== undefined) return { safetensors: part(false), frozen: known };
  const safetensors = part(true);
  const sha256 = createHash("sha256").update(safetensors).digest("hex");
  return { safetensors: part(false), frozen: { sha256, safetensors } };
}

/** The same publication with all weights in one file, for receivers that take nothing else. */
export function inOneFile(weights: PublishedWeights): PublishedWeights {
  const { frozen, ...rest } = weights;
  if (frozen === undefined) return weights;
  return { ...rest, safetensors: serializeSafetensors(allWeights(weights, "the weights")) };
}
