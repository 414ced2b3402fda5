/**
 * A moving average of a policy's weights. Adam's last steps make a policy better or worse from one update to the next;
 * their average is steadier, and usually better than any of them (Polyak & Juditsky 1992; Izmailov et al. 2018,
 * "Averaging Weights Leads to Wider Optima and Better Generalization").
 */
import { Tensor } from "../tensor/index.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { RLAlgorithm } from "./algorithm.ts";

/** The average forgets faster at first: it never reaches further back than this share of what was learned. */
export const FORGOTTEN_UPDATES = 10;

/** The weights that act: an average which moves with every update. */
export interface ActingWeights {
  /** Takes account of the algorithm's last update. An update that is undone must not be reported. */
  afterUpdate(): void;
  /** The average now; later updates do not change what is returned. */
  weights(): TensorRecord;
}

/**
 * The average that the algorithm keeps in its updates, or one that is computed between them.
 *
 * @param decay The `weightAverage` that the algorithm was created with.
 * @param initial The average before the next update.
 * @throws RangeError for a decay out of its range; TypeError for weights of another type than float32.
 */
export function averageWeights(algorithm: RLAlgorithm, decay: number, initial: TensorRecord): ActingWeights {
  if (algorithm.averagedWeights?.() !== undefined) {
    algorithm.loadAveragedWeights!(initial);
    return { afterUpdate() {}, weights: () => algorithm.averagedWeights!()! };
  }
  const average = new WeightAverage(decay, initial);
  return {
    afterUpdate: () => average.add(algorithm.weights(), algorithm.optimizationStep),
    weights: () => average.weights(),
  };
}

/** @throws RangeError unless `decay` is in [0, 1). */
export function assertDecay(decay: number): void {
  if (!(decay >= 0 && decay < 1)) throw new RangeError(`decay must be in [0, 1), got ${decay}`);
}

/** The average of weights that are read after each update: for any algorithm, at the price of copies. */
export class WeightAverage {
  readonly decay: number;
  readonly #values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

  /**
   * @param decay d in [0, 1): ā ← d·ā + (1 − d)·w after every update, which looks back on about 1/(1 − d) updates.
   * @param initial float32 weights by name; copied.
   * @throws RangeError for a decay out of its range; TypeError for weights of another type.
   */
  constructor(decay: number, initial: TensorRecord) {
    assertDecay(decay);
    this.decay = decay;
    this.#values = new Map(
      Object.entries(initial).map(([name, { shape, data }]) => {
        if (!(data instanceof Float32Array))
          throw new TypeError(`only float32 weights have an average; ${name} is not`);
        return [name, { shape, data: data.slice() }];
      }),
    );
  }

  /**
   * @param weights What the last update made, of the names and shapes of the initial ones.
   * @param updates Updates made so far, this one included.
   * @throws Error naming a weight that is missing.
   */
  add(weights: TensorRecord, updates: number): void {
    const share = 1 - Math.min(this.decay, updates / (updates + FORGOTTEN_UPDATES));
    for (const [name, { data }] of this.#values) {
      const latest = weights[name]?.data as Float32Array | undefined;
      if (latest?.length !== data.length) throw new Error(`the weights have no "${name}" of ${data.length} numbers`);
      for (let i = 0; i < data.length; i++) data[i]! += share * (latest[i]! - data[i]!);
    }
  }

  /** The average now; later updates do not change what is returned. */
  weights(): Record<string, Tensor> {
    return Object.fromEntries(
      Array.from(this.#values, ([name, { shape, data }]) => [name, Tensor.of(shape, data.slice())]),
    );
  }
}
