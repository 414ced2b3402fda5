/**
 * Half of every batch from the robot's own experience, half from demonstrations and interventions: symmetric sampling
 * (Ball et al. 2023, "Efficient online reinforcement learning with offline data"), as HIL-SERL trains.
 */

import { allocateBatch, type ReplayBatch } from "./batch.ts";
import { assertSameFeatures, type ReplayFeatures } from "./features.ts";
import type { DataMixer, ReplaySource } from "./replay_source.ts";

export interface OnlineOfflineMixerOptions {
  readonly online: ReplaySource;
  /** Without it every batch is online. */
  readonly offline?: ReplaySource;
  /** Share of a batch drawn online, 0 … 1; one half unless told. At least one transition always is. */
  readonly onlineRatio?: number;
  /** Told once each time the offline source turns out to be empty. */
  readonly warn?: (message: string) => void;
}

/** Rows 0 … n−1 of a batch are online, n = max(1, ⌊batchSize · onlineRatio⌋), the rest offline. */
export class OnlineOfflineMixer implements DataMixer {
  readonly features: ReplayFeatures;
  readonly onlineRatio: number;
  readonly #online: ReplaySource;
  readonly #offline: ReplaySource | undefined;
  readonly #warn: (message: string) => void;
  readonly #batches = new Map<number, ReplayBatch>();
  #warned = false;

  /** @throws RangeError for a ratio outside [0, 1]; TypeError when the two sources store different features. */
  constructor({ online, offline, onlineRatio = 0.5, warn = () => {} }: OnlineOfflineMixerOptions) {
    if (!(onlineRatio >= 0 && onlineRatio <= 1))
      throw new RangeError(`onlineRatio must be in [0, 1], got ${onlineRatio}`);
    if (offline) assertSameFeatures(online.features, offline.features, "the online source", "the offline source");
    this.features = online.features;
    this.onlineRatio = onlineRatio;
    this.#online = online;
    this.#offline = offline;
    this.#warn = warn;
  }

  /** @throws RangeError while the online source is empty. */
  sample(batchSize: number): ReplayBatch {
    let batch = this.#batches.get(batchSize);
    if (batch === undefined) {
      batch = allocateBatch(this.features, batchSize);
      this.#batches.set(batchSize, batch);
    }
    this.#fill(batch);
    return batch;
  }

  /** Not a generator: one that threw, because there was nothing to draw from yet, would be at its end. */
  iterator(batchSize: number): IterableIterator<ReplayBatch> {
    let [next, other] = [allocateBatch(this.features, batchSize), allocateBatch(this.features, batchSize)];
    const iterator: IterableIterator<ReplayBatch> = {
      next: () => {
        this.#fill(next);
        [next, other] = [other, next];
        return { done: false, value: other };
      },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  }

  #fill(batch: ReplayBatch): void {
    if (this.#online.size === 0) throw new RangeError("cannot sample: the online source is empty");
    const onlineRows = this.#onlineRows(batch.size);
    batch.sources.fill(0, 0, onlineRows).fill(1, onlineRows);
    this.#online.sampleInto(batch, 0, onlineRows);
    if (onlineRows < batch.size) this.#offline!.sampleInto(batch, onlineRows, batch.size - onlineRows);
  }

  #onlineRows(batchSize: number): number {
    const rows = Math.max(1, Math.floor(batchSize * this.onlineRatio));
    if (this.#offline === undefined || rows === batchSize) return batchSize;
    if (this.#offline.size > 0) {
      this.#warned = false;
      return rows;
    }
    if (!this.#warned) {
      this.#warn(`the offline source is empty: batches of ${batchSize} are all online instead of ${rows}`);
      this.#warned = true;
    }
    return batchSize;
  }
}
