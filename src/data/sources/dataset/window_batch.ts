/** Reusable memory for one batch of windows, and the code that fills it. */
import type { DataSpec } from "../../../algorithms/data_spec.ts";
import { elementCount, type ReplayFeatures } from "../../../replay/features.ts";
import type { SourceBatch } from "../../batch_source.ts";
import type { DatasetNumbers, NumberColumn } from "./dataset_numbers.ts";

type Arrays = Readonly<Record<string, Float32Array | Uint8Array>>;

export class WindowBatch {
  readonly batch: SourceBatch;
  readonly #spec: DataSpec;
  /** Frames of every row's observations, and of its next observations. */
  readonly #observed: Uint32Array;
  readonly #observedNext: Uint32Array;

  constructor(features: ReplayFeatures, size: number, spec: DataSpec) {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new RangeError(`batch size must be a positive integer, got ${size}`);
    const { horizon = 1, observationSteps = 1, nextObservation = true, nStep, returns } = spec;
    const column = () => new Float32Array(size);
    const observations = () =>
      Object.fromEntries(
        Object.entries(features.observation).map(([name, { dtype, shape }]) => {
          const length = size * observationSteps * elementCount(shape);
          return [name, dtype === "uint8" ? new Uint8Array(length) : new Float32Array(length)];
        }),
      );
    this.#spec = spec;
    this.#observed = new Uint32Array(size * observationSteps);
    this.#observedNext = new Uint32Array(nextObservation ? size * observationSteps : 0);
    this.batch = {
      size,
      horizon,
      observationSteps,
      observation: observations(),
      nextObservation: nextObservation ? observations() : {},
      action: new Float32Array(size * horizon * elementCount(features.action.shape)),
      reward: column(),
      done: column(),
      truncated: column(),
      complementaryInfo: Object.fromEntries(
        Object.keys(features.complementaryInfo ?? {}).map((name) => [name, column()]),
      ),
      numbers: new Float64Array(size),
      sources: new Uint8Array(size),
      ...(horizon > 1 && { actionIsPad: new Float32Array(size * horizon) }),
      ...(nStep !== undefined && { bootstrapDiscount: column() }),
      ...(returns !== undefined && { returns: column() }),
    };
  }

  /** @param frames One per row. @param returns Of all frames, if the spec asks for them. */
  fillNumbers(numbers: DatasetNumbers, frames: Uint32Array, returns: Float32Array | undefined): void {
    const { batch } = this;
    for (const [row, frame] of frames.entries()) {
      const { reward, bootstrapDiscount, last } = numbers.nStep(frame, this.#spec.nStep ?? SINGLE_STEP);
      const [begin, end] = [numbers.begins[frame]!, numbers.ends[frame]!];
      this.#fillObservations(this.#observed, row, frame, begin);
      // After the last step of a task its own observation stands in, and its value is never used.
      this.#fillObservations(this.#observedNext, row, last + 1 < end ? last + 1 : last, begin);
      this.#fillActions(numbers.action, row, frame, end);
      batch.reward[row] = reward;
      batch.done[row] = numbers.terminated[last]!;
      batch.truncated[row] = numbers.truncated[last]!;
      batch.numbers[row] = numbers.indices[frame]!;
      if (batch.bootstrapDiscount) batch.bootstrapDiscount[row] = bootstrapDiscount;
      if (batch.returns) batch.returns[row] = returns![frame]!;
      for (const [name, values] of Object.entries(batch.complementaryInfo)) {
        values[row] = numbers.complementary[name]![frame]!;
      }
    }
    for (const [name, column] of Object.entries(numbers.observations)) {
      gather(column, this.#observed, batch.observation[name]!);
      if (this.#observedNext.length > 0) gather(column, this.#observedNext, batch.nextObservation[name]!);
    }
  }

  /** Dataset positions of the images that the rows need. */
  *indices({ indices }: DatasetNumbers): Generator<number> {
    for (const frames of [this.#observed, this.#observedNext]) for (const frame of frames) yield indices[frame]!;
  }

  /** @param images By position in the dataset. */
  fillImages({ indices }: DatasetNumbers, images: ReadonlyMap<number, Arrays>): void {
    if (images.size === 0) return;
    for (const [frames, target] of [
      [this.#observed, this.batch.observation],
      [this.#observedNext, this.batch.nextObservation],
    ] as const) {
      for (const [i, frame] of frames.entries()) {
        for (const [name, pixels] of Object.entries(images.get(indices[frame]!)!)) {
          target[name]!.set(pixels, i * pixels.length);
        }
      }
    }
  }

  #fillObservations(target: Uint32Array, row: number, frame: number, begin: number): void {
    const { observationSteps = 1 } = this.#spec;
    if (target.length === 0) return;
    for (let i = 0; i < observationSteps; i++) {
      target[row * observationSteps + i] = Math.max(begin, frame - observationSteps + 1 + i);
    }
  }

  #fillActions({ data, width }: NumberColumn, row: number, frame: number, end: number): void {
    const { horizon = 1 } = this.#spec;
    const { action, actionIsPad } = this.batch;
    for (let i = 0; i < horizon; i++) {
      const at = Math.min(frame + i, end - 1);
      action.set(data.subarray(at * width, (at + 1) * width), (row * horizon + i) * width);
      if (actionIsPad) actionIsPad[row * horizon + i] = frame + i < end ? 0 : 1;
    }
  }
}

const SINGLE_STEP = { steps: 1, discount: 1 };

function gather({ data, width }: NumberColumn, frames: Uint32Array, target: Float32Array | Uint8Array): void {
  for (const [i, frame] of frames.entries()) target.set(data.subarray(frame * width, (frame + 1) * width), i * width);
}
