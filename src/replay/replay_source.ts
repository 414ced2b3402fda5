/** The seam between stored experience and what draws batches from it. */

import type { ReplayBatch } from "./batch.ts";
import type { ReplayFeatures } from "./features.ts";
import type { Transition } from "./transition.ts";

/** What can fill rows of a batch at once, such as a replay buffer. */
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
