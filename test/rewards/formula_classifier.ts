/** The classifier of test/data/reward_classifier, whose weights and images are formulas. */
import { loadSafetensors } from "../../src/tensor/safetensors/file.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { mapLeaves } from "../../src/tensor/tree.ts";

export const FRONT = "observation.images.front";
export const WRIST = "observation.images.wrist";

export const recorded = async () => (await loadSafetensors("test/data/reward_classifier/outputs.safetensors")).tensors;

const sumOf = (name: string) => Buffer.from(name).reduce((sum, byte) => sum + byte, 0);

/** Parameters of the same form, by the formula of their names. */
export function byFormula<T>(like: T): T {
  return mapLeaves(like, ({ shape }: Tensor, name) => {
    const s = sumOf(name);
    const wave = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      const noise = Math.sin(12.9898 * i + s) * 43758.5453;
      return 2 * (noise - Math.floor(noise)) - 1;
    });
    if (shape.length === 1) {
      const isScale = name.endsWith("weight");
      return Tensor.of(
        shape,
        Float32Array.from(wave, (value) => (isScale ? 1 + 0.2 * value : 0.1 * value)),
      );
    }
    const inputs = name.endsWith("kernel") ? shape[1]! * shape[2]! : sizeOf(shape.slice(1));
    return Tensor.of(
      shape,
      Float32Array.from(wave, (value) => value * Math.sqrt(3 / inputs)),
    );
  });
}

/** `[batch, 3, side, side]`, 8 bits. */
export function imagesByFormula(name: string, batch: number, side: number): Tensor<"uint8"> {
  const s = sumOf(name);
  const data = Uint8Array.from({ length: batch * 3 * side * side }, (_, i) =>
    Math.floor(127.5 + 127 * Math.sin(0.011 * i + s) * Math.cos(0.0007 * i * (1 + (s % 7)))),
  );
  return new Tensor("uint8", [batch, 3, side, side], data);
}
