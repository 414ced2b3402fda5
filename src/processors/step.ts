/** The contract of a processor step. */
import type { PolicyFeatures } from "../config/schema/features.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { ProcessorTransition } from "./transition.ts";

/** The features that enter or leave a step, without the batch dimension. */
export interface PipelineFeatures {
  readonly observation: PolicyFeatures;
  readonly action: PolicyFeatures;
}

/** A step's settings as they stand in a file: JSON, snake_case keys. */
export type StepConfig = Readonly<Record<string, unknown>>;

export interface ProcessorStep {
  /** The name it is registered and saved under, such as `normalizer_processor`. */
  readonly name: string;
  /** Observations that the step only looks at. The doctor does not call them unused where the policy does not see them. */
  readonly reads?: readonly string[];
  /**
   * Transforms one transition. Does not change its argument. A step that remembers something between calls (a counter,
   * the previous observation) forgets it in `reset`. A step that returns a promise, as one with a network does, can stand in
   * the pipelines of an environment, where there is time, and not where batches are prepared.
   *
   * @throws FeatureError for a feature that is missing or has another shape.
   */
  apply(transition: ProcessorTransition): ProcessorTransition | Promise<ProcessorTransition>;
  /**
   * What `apply` makes of these features.
   *
   * @throws FeatureError naming the feature that the step cannot work with.
   */
  transformFeatures(features: PipelineFeatures): PipelineFeatures;
  /** Enough, with `state`, to build the step again. */
  config(): StepConfig;
  /** Tensors that belong to the step, such as normalisation statistics. */
  state?(): TensorRecord;
  /** Called when an episode begins. */
  reset?(): void;
  /** Frees what the step holds, such as a network. Called when the environment is closed, also more than once. */
  close?(): void | Promise<void>;
}

/** Something is wrong with one feature. The pipeline adds which step said so. */
export class FeatureError extends Error {
  override readonly name = "FeatureError";
  readonly feature: string;

  constructor(feature: string, message: string) {
    super(`"${feature}" ${message}`);
    this.feature = feature;
  }
}

/** A step failed, while a pipeline was built or ran. */
export class ProcessorError extends Error {
  override readonly name = "ProcessorError";
  readonly pipeline: string;
  readonly step: string;
  /** The feature concerned, where there is one. */
  readonly feature: string | undefined;

  constructor(pipeline: string, index: number, step: string, cause: unknown) {
    super(`${pipeline}, step ${index} (${step}): ${cause instanceof Error ? cause.message : cause}`, { cause });
    this.pipeline = pipeline;
    this.step = step;
    this.feature = cause instanceof FeatureError ? cause.feature : undefined;
  }
}
