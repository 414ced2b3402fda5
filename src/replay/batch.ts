/** A minibatch in memory that is allocated once and refilled for every update. */

import { elementCount, type ReplayFeatures } from "./features.ts";

/** `size` transitions, field by field; every array is row-major with the batch dimension first. */
export interface ReplayBatch {
  readonly size: number;
  /** `[size, …shape]` per feature, in the stored dtype: images stay uint8 and are cast by the consumer. */
  readonly observation: Readonly<Record<string, Float32Array | Uint8Array>>;
  readonly nextObservation: Readonly<Record<string, Float32Array | Uint8Array>>;
  /** `[size, …action shape]`. */
  readonly action: Float32Array;
  /** `[size]`. */
  readonly reward: Float32Array;
  /** `[size]`, 1 if the transition terminated: the `done` of the Bellman target. Truncation is not `done`. */
  readonly done: Float32Array;
  /** `[size]`, 1 if the episode was cut short. */
  readonly truncated: Float32Array;
  /** `[size]` per declared complementary feature. */
  readonly complementaryInfo: Readonly<Record<string, Float32Array>>;
  /** `[size]`, number of the transition in its source, as returned by `add`. */
  readonly numbers: Float64Array;
  /** `[size]`, source of each row: 0 the first (online), 1 the second (offline). */
  readonly sources: Uint8Array;
}

/** Zero-filled memory for `size` transitions. @throws RangeError unless size is a positive integer. */
export function allocateBatch(features: ReplayFeatures, size: number): ReplayBatch {
  if (!Number.isSafeInteger(size) || size < 1)
    throw new RangeError(`batch size must be a positive integer, got ${size}`);
  const observation = () =>
    mapValues(features.observation, ({ dtype, shape }) =>
      dtype === "uint8" ? new Uint8Array(size * elementCount(shape)) : new Float32Array(size * elementCount(shape)),
    );
  return {
    size,
    observation: observation(),
    nextObservation: observation(),
    action: new Float32Array(size * elementCount(features.action.shape)),
    reward: new Float32Array(size),
    done: new Float32Array(size),
    truncated: new Float32Array(size),
    complementaryInfo: mapValues(features.complementaryInfo ?? {}, () => new Float32Array(size)),
    numbers: new Float64Array(size),
    sources: new Uint8Array(size),
  };
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/** @throws RangeError unless rows `firstRow … firstRow + count − 1` exist; TypeError when the batch has other features. */
export function assertBatchFits(batch: ReplayBatch, features: ReplayFeatures, firstRow: number, count: number): void {
  if (
    !Number.isInteger(firstRow) ||
    !Number.isInteger(count) ||
    firstRow < 0 ||
    count < 0 ||
    firstRow + count > batch.size
  ) {
    throw new RangeError(`rows ${firstRow} … ${firstRow + count - 1} are not in a batch of ${batch.size}`);
  }
  for (const name in features.observation) {
    const { dtype, shape } = features.observation[name]!;
    const length = batch.size * elementCount(shape);
    const fits = (array: Float32Array | Uint8Array | undefined) =>
      array?.length === length && array instanceof Uint8Array === (dtype === "uint8");
    if (!fits(batch.observation[name]) || !fits(batch.nextObservation[name])) {
      throw new TypeError(`the batch was not allocated for the feature ${name}: ${dtype}[${shape.join(", ")}]`);
    }
  }
  if (batch.action.length !== batch.size * elementCount(features.action.shape)) {
    throw new TypeError(`the batch was not allocated for actions of shape [${features.action.shape.join(", ")}]`);
  }
  for (const name in features.complementaryInfo) {
    if (batch.complementaryInfo[name] === undefined) throw new TypeError(`the batch has no room for ${name}`);
  }
}
