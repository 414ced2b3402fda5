/** Compares named tensors with the ones they replace, and reports all differences at once. */
import type { TensorRecord } from "../tensor/safetensors/layout.ts";

/** @throws Error listing every missing, unexpected and misshapen tensor. */
export function assertTensorsFit(expected: TensorRecord, given: TensorRecord, what: string): void {
  const problems = Object.entries(expected).flatMap(([name, { dtype, shape }]) => {
    const tensor = given[name];
    if (tensor === undefined) return [`missing: ${name}`];
    if (tensor.dtype === dtype && tensor.shape.join() === shape.join()) return [];
    return [`${name}: is ${tensor.dtype} [${tensor.shape}], expected ${dtype} [${shape}]`];
  });
  problems.push(...Object.keys(given).flatMap((name) => (expected[name] === undefined ? [`unexpected: ${name}`] : [])));
  if (problems.length > 0) throw new Error(`${what} does not fit the config:\n  ${problems.join("\n  ")}`);
}
