/** The seam between stored experience and whatever trains on it. */

import type { ReplayBatch } from "./batch.ts";
import type { ReplayFeatures } from "./features.ts";
import type { Transition } from "./transition.ts";

/** Anything that can fill rows of a batch: a replay buffer, a view of a dataset. */
export interface ReplaySource {
  readonly features: ReplayFeatures;
  /** Transitions that can be drawn now. */
  readonly size: number;
  /**
   * Fills rows `firstRow … firstRow + count − 1` of `batch` with transitions drawn uniformly, with replacement.
   * @throws RangeError when the source is empty or the rows are not in the batch.
   */
  sampleInto(batch: ReplayBatch, firstRow?: number, count?: number): void;
}

/** A bounded source that experience is added to. `conformance.ts` says, as tests, what else an implementation owes. */
export interface ReplayStore extends ReplaySource {
  /** Transitions kept; then each new one replaces the oldest. */
  readonly capacity: number;
  /** Transitions refused so far. */
  readonly rejectedCount: number;
  /** Copies a transition in. @throws for one that does not fit the features: counted, and nothing of it stored. */
  add(transition: Transition): void;
  /** A whole batch of fresh draws, in memory that the next call with the same size may fill again. */
  sample(batchSize: number): ReplayBatch;
}

/** Where an algorithm's batches come from. */
export interface DataMixer {
  readonly features: ReplayFeatures;
  /** A batch in memory that the next call with the same size fills again. Never smaller than asked for. */
  sample(batchSize: number): ReplayBatch;
  /**
   * An endless iterator of batches. Two batches take turns, so the one before the latest stays valid while the
   * latest is drawn.
   */
  iterator(batchSize: number): IterableIterator<ReplayBatch>;
}
