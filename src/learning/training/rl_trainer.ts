/** One step of training: draws batches, preprocesses them, lets the algorithm learn. */
import type { BatchIterator, RLAlgorithm, TrainingBatch } from "../../algorithms/algorithm.ts";
import type { TrainingStats } from "../../algorithms/training_stats.ts";
import type { DataProcessorPipeline } from "../../processors/pipeline.ts";
import type { ReplayBatch } from "../../replay/batch.ts";
import type { DataMixer } from "../../replay/replay_source.ts";
import { BatchPipeline } from "./batch_pipeline.ts";

export interface RLTrainerOptions {
  readonly algorithm: RLAlgorithm;
  readonly mixer: DataMixer;
  readonly batchSize: number;
  /** The policy's own preprocessor: what acts and what learns see the same numbers. */
  readonly preprocessor: DataProcessorPipeline;
  /**
   * Draw and preprocess the next batch while the algorithm works on the present one. It overlaps where the runtime
   * computes off this thread. The generator is then one batch ahead, so a run continued from a save differs from one
   * that went on: leave it off where that matters.
   */
  readonly prefetch?: boolean;
}

/** Which transitions a batch was made of. */
export type DrawnRows = Pick<ReplayBatch, "numbers" | "sources">;

export class RLTrainer {
  readonly algorithm: RLAlgorithm;
  readonly #batches: BatchIterator;
  #drawn: DrawnRows[] = [];

  /** @throws RangeError unless `batchSize` is a positive integer. */
  constructor({ algorithm, mixer, batchSize, preprocessor, prefetch = false }: RLTrainerOptions) {
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`batchSize must be a positive integer, got ${batchSize}`);
    }
    this.algorithm = algorithm;
    const pipeline = new BatchPipeline(preprocessor, mixer.features);
    const drawn = mixer.iterator(batchSize);
    const next = () => {
      const batch = drawn.next().value as ReplayBatch;
      this.#drawn.push({ numbers: batch.numbers.slice(), sources: batch.sources.slice() });
      return pipeline.apply(batch);
    };
    this.#batches = prefetch ? new Prefetched(next) : { next };
  }

  /**
   * One update of the algorithm on fresh batches.
   *
   * @throws RangeError while there is nothing to draw from.
   */
  async trainingStep(): Promise<TrainingStats> {
    this.#drawn = [];
    return await this.algorithm.update(this.#batches);
  }

  /** The rows of the batches that were drawn since the last step began. */
  get drawn(): readonly DrawnRows[] {
    return this.#drawn;
  }
}

/** Keeps one batch ready: the next is drawn as soon as the event loop is free after one was taken. */
class Prefetched implements BatchIterator {
  readonly #draw: () => TrainingBatch;
  #ready: Promise<TrainingBatch> | undefined;

  constructor(draw: () => TrainingBatch) {
    this.#draw = draw;
  }

  async next(): Promise<TrainingBatch> {
    const ready = this.#ready;
    // A draw that failed is told once; the next call tries again.
    this.#ready = undefined;
    const batch = await (ready ?? this.#draw());
    this.#ready = new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(this.#draw());
        } catch (error) {
          reject(error);
        }
      });
    });
    // A failed draw is reported to whoever takes the batch, not as an unhandled rejection before.
    this.#ready.catch(() => {});
    return batch;
  }
}
