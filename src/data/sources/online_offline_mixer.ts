/**
 * Half of every batch comes from the robot's own experience, half from demonstrations and interventions: symmetric
 * sampling (Ball et al. 2023, "Efficient online reinforcement learning with offline data"), as in HIL-SERL.
 */

import type { DataSpec } from "../../algorithms/data_spec.ts";
import { allocateBatch, type ReplayBatch } from "../../replay/batch.ts";
import { assertSameFeatures, type ReplayFeatures } from "../../replay/features.ts";
import type { ReplaySource } from "../../replay/replay_source.ts";
import { type BatchSource, beyondTransitions, missingColumns } from "../batch_source.ts";

export interface OnlineOfflineMixerOptions {
  readonly online: ReplaySource;
  /** Without it every batch is online. */
  readonly offline?: ReplaySource;
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Share of a batch drawn online, 0 … 1; at least one transition always is. Default: 0.5. */
  readonly onlineRatio?: number;
  /** Called each time the offline source becomes empty. */
  readonly warn?: (message: string) => void;
}

/** Rows 0 … n−1 of a batch are online, n = max(1, ⌊batchSize · onlineRatio⌋), the rest offline. */
export class OnlineOfflineMixer implements BatchSource {
  readonly name = "the replay buffers";
  readonly features: ReplayFeatures;
  readonly #online: ReplaySource;
  readonly #offline: ReplaySource | undefined;
  readonly #onlineRows: number;
  readonly #warn: (message: string) => void;
  /** Used in turns, so that the previous batch stays valid. */
  #batches: readonly [next: ReplayBatch, latest: ReplayBatch];
  #warned = false;

  /**
   * @throws RangeError for a ratio outside [0, 1] and a batch without rows; TypeError if the two sources store different
   *   features.
   */
  constructor({ online, offline, batchSize, onlineRatio = 0.5, warn = () => {} }: OnlineOfflineMixerOptions) {
    if (!(onlineRatio >= 0 && onlineRatio <= 1))
      throw new RangeError(`onlineRatio must be in [0, 1], got ${onlineRatio}`);
    if (offline) assertSameFeatures(online.features, offline.features, "the online source", "the offline source");
    this.features = online.features;
    this.#online = online;
    this.#offline = offline;
    this.#onlineRows = Math.max(1, Math.floor(batchSize * onlineRatio));
    this.#warn = warn;
    this.#batches = [allocateBatch(this.features, batchSize), allocateBatch(this.features, batchSize)];
  }

  get isReady(): boolean {
    return this.#online.size > 0;
  }

  missing(spec: DataSpec): string[] {
    return [...beyondTransitions(spec), ...missingColumns(spec, this.features)];
  }

  async next(): Promise<ReplayBatch> {
    const [batch, latest] = this.#batches;
    this.#fill(batch);
    this.#batches = [latest, batch];
    return batch;
  }

  #fill(batch: ReplayBatch): void {
    if (!this.isReady) throw new RangeError("cannot sample: the online source is empty");
    const onlineRows = this.#rowsToDrawOnline(batch.size);
    batch.sources.fill(0, 0, onlineRows).fill(1, onlineRows);
    this.#online.sampleInto(batch, 0, onlineRows);
    if (onlineRows < batch.size) this.#offline!.sampleInto(batch, onlineRows, batch.size - onlineRows);
  }

  #rowsToDrawOnline(batchSize: number): number {
    const rows = this.#onlineRows;
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
