/** Takes batches of a source to the network's units with the very pipeline that the acting policy uses. */
import type { TrainingBatch } from "../../algorithms/algorithm.ts";
import type { SourceBatch } from "../../data/batch_source.ts";
import { DataProcessorPipeline } from "../../processors/pipeline.ts";
import { AddBatchDimensionProcessorStep } from "../../processors/steps/basic_steps.ts";
import { makeTransition } from "../../processors/transition.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { Tensor } from "../../tensor/tensor.ts";

/** Preprocesses observations, next observations and actions alike. */
export class BatchPipeline {
  readonly #pipeline: DataProcessorPipeline;
  readonly #features: ReplayFeatures;

  /** @param preprocessor The policy's. */
  constructor(preprocessor: DataProcessorPipeline, features: ReplayFeatures) {
    this.#pipeline = forBatches(preprocessor);
    this.#features = features;
  }

  /**
   * The result holds no memory of `batch`, which its owner fills again while an update still works on this one.
   *
   * @throws ProcessorError naming the step and the feature that do not fit.
   */
  apply(batch: SourceBatch): TrainingBatch {
    const { size, horizon = 1, actionIsPad, returns, bootstrapDiscount } = batch;
    const chunk = horizon > 1 ? [horizon] : [];
    const action = new Tensor("float32", [size, ...chunk, ...this.#features.action.shape], batch.action);
    const current = makeTransition({ observation: this.#tensors(batch, batch.observation), action });
    const column = (values: Float32Array) => new Tensor("float32", [size], values.slice());
    const processed = this.#pipeline.apply(current);
    return {
      size,
      observation: this.#detached(processed.observation!, size, batch.observation),
      nextObservation: this.#next(batch),
      action: processed.action!.data === batch.action ? processed.action!.clone() : processed.action!,
      reward: column(batch.reward),
      done: column(batch.done),
      truncated: column(batch.truncated),
      complementaryInfo: Object.fromEntries(
        Object.entries(batch.complementaryInfo).map(([name, values]) => [name, column(values)]),
      ),
      ...(actionIsPad && { actionIsPad: new Tensor("float32", [size, horizon], actionIsPad.slice()) }),
      ...(returns && { returns: column(returns) }),
      ...(bootstrapDiscount && { bootstrapDiscount: column(bootstrapDiscount) }),
    };
  }

  #next(batch: SourceBatch): TensorRecord {
    if (Object.keys(batch.nextObservation).length === 0) return {};
    const next = makeTransition({ observation: this.#tensors(batch, batch.nextObservation) });
    return this.#detached(this.#pipeline.apply(next).observation!, batch.size, batch.nextObservation);
  }

  #tensors({ size, observationSteps = 1 }: SourceBatch, arrays: SourceBatch["observation"]): TensorRecord {
    const steps = observationSteps > 1 ? [observationSteps] : [];
    return Object.fromEntries(
      Object.entries(this.#features.observation).map(([name, { dtype, shape, encodedFrom }]) => {
        // The pipeline looks for every feature. Images that are encoded went through it before: it sees none of them.
        if (encodedFrom !== undefined) return [name, Tensor.zeros([0, ...encodedFrom], "uint8")];
        return [name, new Tensor(dtype, [size, ...steps, ...shape], arrays[name]! as Float32Array)];
      }),
    );
  }

  /** Features that the pipeline left as they were are copied, and those of encoded images, which it never saw. */
  #detached(processed: TensorRecord, size: number, raw: SourceBatch["observation"]): TensorRecord {
    const memory = new Set<unknown>(Object.values(raw));
    const tensors = Object.entries(processed).map(([name, tensor]): [string, Tensor] => {
      const feature = this.#features.observation[name];
      if (feature?.encodedFrom !== undefined) {
        return [name, new Tensor("float32", [size, ...feature.shape], (raw[name] as Float32Array).slice())];
      }
      return [name, memory.has(tensor.data) ? tensor.clone() : tensor];
    });
    return Object.fromEntries(tensors);
  }
}

/** The policy's pipeline without its step that adds a batch dimension: batches have one. */
export function forBatches({ name, steps }: DataProcessorPipeline): DataProcessorPipeline {
  return new DataProcessorPipeline({
    name,
    steps: steps.filter((step) => !(step instanceof AddBatchDimensionProcessorStep)),
  });
}
