/** Which weights: one name for the same numbers wherever they are, so that a report says what was evaluated. */
import { createHash } from "node:crypto";
import { encodeSafetensors } from "../../tensor/safetensors/bytes.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";

/**
 * SHA-256 of the weights as a safetensors file without metadata, whose bytes depend on names, types, shapes and numbers
 * only. Equal for a policy's `weights()`, the learner's `weights()` and the same weights saved and loaded again.
 *
 * @param weights By LeRobot's names, each tensor under the name it is stored under.
 * @returns 64 hexadecimal digits.
 */
export function weightsSha256(weights: TensorRecord): string {
  const hash = createHash("sha256");
  for (const piece of encodeSafetensors(weights)) hash.update(piece);
  return hash.digest("hex");
}
