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
  /** Observations that the step reads without changing them. The doctor does not report them as unused. */
  readonly reads?: readonly string[];
  /**
   * Transforms one transition. Does not change its argument. A step with state between calls (a counter, the
   * previous observation) clears it in `reset`. A step that returns a promise, for example to run a network, works in an
   * environment's pipelines but not in batch preprocessing.
   *
   * @throws FeatureError for a feature that is missing or has another shape.
   */
  apply(transition: ProcessorTransition): ProcessorTransition | Promise<ProcessorTransition>;
  /**
   * The features that `apply` produces from these.
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

/** Something is wrong with one feature. The pipeline adds the name of the step. */
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
