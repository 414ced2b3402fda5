/** The interface between stored experience and sampling. */

import type { ReplayBatch } from "./batch.ts";
import type { ReplayFeatures } from "./features.ts";
import type { Transition } from "./transition.ts";

/** A source that fills rows of a batch synchronously, such as a replay buffer. */
export interface ReplaySource {
  readonly features: ReplayFeatures;
  /** Number of transitions to draw from. */
  readonly size: number;
  /**
   * Fills rows `firstRow … firstRow + count − 1` of `batch` with transitions drawn uniformly, with replacement.
   * @throws RangeError if the source is empty or the batch lacks the rows.
   */
  sampleInto(batch: ReplayBatch, firstRow?: number, count?: number): void;
}

/** A bounded source that experience is added to. `conformance.ts` tests the rest of the contract. */
export interface ReplayStore extends ReplaySource {
  /** Maximum number of transitions; beyond it, each new one replaces the oldest. */
  readonly capacity: number;
  /** Transitions refused so far. */
  readonly rejectedCount: number;
  /** Copies a transition in. @throws for one that does not fit the features: it is counted but not stored. */
  add(transition: Transition): void;
  /** A batch of fresh draws, in memory that the next call with the same size may reuse. */
  sample(batchSize: number): ReplayBatch;
}
