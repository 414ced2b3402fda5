/** Balanced, augmented batches of examples. */
import { copyShifted } from "../../../replay/random_shift.ts";
import type { Random } from "../../../tensor/random.ts";
import { type Shape, sizeOf } from "../../../tensor/shape.ts";
import { Tensor } from "../../../tensor/tensor.ts";
import type { Examples } from "./examples.ts";
import { FAILURE, SUCCESS } from "./labels.ts";

export interface Batch {
  /** By camera, `[batch, …]`. */
  readonly seen: Readonly<Record<string, Tensor>>;
  /** `[batch]`, 0 or 1. */
  readonly labels: Tensor;
}

/** Draws frames, half of them with success. */
export class BalancedFrames {
  readonly #successes: readonly number[];
  readonly #failures: readonly number[];
  readonly #random: Random;

  /** @throws Error if there are no frames of one kind. */
  constructor({ labels }: Examples, random: Random) {
    const of = (kind: number) => [...labels.keys()].filter((frame) => labels[frame] === kind);
    this.#successes = of(SUCCESS);
    this.#failures = of(FAILURE);
    this.#random = random;
    if (this.#successes.length === 0) throw new Error("no frame shows success: record on after success, or mark it");
    if (this.#failures.length === 0) throw new Error("every frame shows success: there is nothing to tell it from");
  }

  /** The first half shows success. */
  draw(size: number): number[] {
    return Array.from({ length: size }, (_, i) => {
      const frames = i < size / 2 ? this.#successes : this.#failures;
      return frames[this.#random.integer(frames.length)]!;
    });
  }
}

/** The labels of a batch that `BalancedFrames` drew. */
export function labelTensor(size: number): Tensor {
  return Tensor.of(
    [size],
    Float32Array.from({ length: size }, (_, i) => (i < size / 2 ? 1 : 0)),
  );
}

/** Images of a camera, each shifted by up to `shift` pixels. */
export function shiftedImages(
  images: Uint8Array,
  shape: Shape,
  frames: readonly number[],
  { shift, random }: { readonly shift: number; readonly random: Random },
): Tensor<"uint8"> {
  const size = sizeOf(shape);
  const batch = Tensor.zeros([frames.length, ...shape], "uint8");
  for (const [row, frame] of frames.entries()) {
    const [dy, dx] =
      shift === 0 ? [0, 0] : [random.integer(2 * shift + 1) - shift, random.integer(2 * shift + 1) - shift];
    copyShifted(images, frame * size, batch.data, row * size, shape as [number, number, number], dy, dx);
  }
  return batch;
}

/** Rows of numbers, such as cached features. */
export function rowsOf(numbers: Float32Array, shape: Shape, rows: readonly number[]): Tensor<"float32"> {
  const size = sizeOf(shape);
  const batch = Tensor.zeros([rows.length, ...shape]);
  for (const [at, row] of rows.entries()) batch.data.set(numbers.subarray(row * size, (row + 1) * size), at * size);
  return batch;
}
