/** One step of training: draws batches, preprocesses them, lets the algorithm learn. */
import type { BatchIterator, RLAlgorithm } from "../../algorithms/algorithm.ts";
import type { TrainingStats } from "../../algorithms/training_stats.ts";
import { assertServes, type BatchSource, type SourceBatch } from "../../data/batch_source.ts";
import type { DataProcessorPipeline } from "../../processors/pipeline.ts";
import { BatchPipeline } from "./batch_pipeline.ts";

export interface RLTrainerOptions {
  readonly algorithm: RLAlgorithm;
  readonly source: BatchSource;
  /** The policy's own preprocessor: what acts and what learns see the same numbers. */
  readonly preprocessor: DataProcessorPipeline;
}

/** Which rows of its source a batch was made of. */
export type DrawnRows = Pick<SourceBatch, "numbers" | "sources">;

export class RLTrainer {
  readonly algorithm: RLAlgorithm;
  readonly #batches: BatchIterator;
  #drawn: DrawnRows[] = [];

  /** @throws Error naming algorithm and source where the source cannot give what the algorithm's `dataSpec` asks for. */
  constructor({ algorithm, source, preprocessor }: RLTrainerOptions) {
    assertServes(source, algorithm.config.type, algorithm.dataSpec);
    this.algorithm = algorithm;
    const pipeline = new BatchPipeline(preprocessor, source.features);
    this.#batches = {
      next: async () => {
        const batch = await source.next();
        this.#drawn.push({ numbers: batch.numbers.slice(), sources: batch.sources.slice() });
        return pipeline.apply(batch);
      },
    };
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
