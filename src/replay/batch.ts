/** A minibatch in memory that is allocated once and filled again for every update. */

import { elementCount, type ReplayFeatures } from "./features.ts";

/** `size` transitions, field by field; every array is row-major with the batch dimension first. */
export interface ReplayBatch {
  readonly size: number;
  /** `[size, …shape]` per feature, in the stored dtype: images stay uint8 and are cast where they are consumed. */
  readonly observation: Readonly<Record<string, Float32Array | Uint8Array>>;
  readonly nextObservation: Readonly<Record<string, Float32Array | Uint8Array>>;
  /** `[size, …action shape]`. */
  readonly action: Float32Array;
  /** `[size]`. */
  readonly reward: Float32Array;
  /** `[size]`, 1 where the transition terminated: the `done` of the Bellman target. Truncation is not `done`. */
  readonly done: Float32Array;
  /** `[size]`, 1 where the episode was cut short. */
  readonly truncated: Float32Array;
  /** `[size]` per declared complementary feature. */
  readonly complementaryInfo: Readonly<Record<string, Float32Array>>;
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
  };
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
