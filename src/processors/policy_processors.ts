/** The two pipelines that surround every policy: data's units → network, and network → the environment's units. */
import {
  type DatasetStats,
  IMAGENET_STATS,
  type NormalizationMapping,
  type PolicyFeatures,
} from "../config/schema/features.ts";
import { DataProcessorPipeline } from "./pipeline.ts";
import {
  AddBatchDimensionProcessorStep,
  DeviceProcessorStep,
  RenameObservationsProcessorStep,
} from "./steps/basic_steps.ts";
import { NormalizerProcessorStep, UnnormalizerProcessorStep } from "./steps/normalize.ts";

export const POLICY_PREPROCESSOR = "policy_preprocessor";
export const POLICY_POSTPROCESSOR = "policy_postprocessor";

export interface PolicyProcessors {
  /** Renames, adds the batch dimension, normalises observations and actions. */
  readonly preprocessor: DataProcessorPipeline;
  /** Takes the policy's action back to the environment's units. */
  readonly postprocessor: DataProcessorPipeline;
}

export interface PolicyProcessorOptions {
  readonly inputFeatures: PolicyFeatures;
  readonly outputFeatures: PolicyFeatures;
  readonly normalizationMapping: NormalizationMapping;
  /** In the features' own units. Images without statistics use ImageNet's when their mode is MEAN_STD. */
  readonly stats: DatasetStats;
}

/** @throws FeatureError for a feature whose normalisation lacks statistics. */
export function makePolicyProcessors(options: PolicyProcessorOptions): PolicyProcessors {
  const { inputFeatures, outputFeatures, normalizationMapping: normMap } = options;
  const stats = withImageStatistics(options);
  const preprocessor = new DataProcessorPipeline({
    name: POLICY_PREPROCESSOR,
    steps: [
      new RenameObservationsProcessorStep(),
      new AddBatchDimensionProcessorStep(),
      new DeviceProcessorStep(),
      new NormalizerProcessorStep({ features: { ...inputFeatures, ...outputFeatures }, normMap, stats }),
    ],
    inputFeatures: { observation: inputFeatures, action: outputFeatures },
  });
  const postprocessor = new DataProcessorPipeline({
    name: POLICY_POSTPROCESSOR,
    steps: [new UnnormalizerProcessorStep({ features: outputFeatures, normMap, stats }), new DeviceProcessorStep()],
    inputFeatures: { observation: {}, action: outputFeatures },
  });
  return { preprocessor, postprocessor };
}

/** The part of a policy's config that says what surrounds it, under LeRobot's keys. */
export interface NormalizedPolicyConfig {
  readonly input_features: PolicyFeatures;
  readonly output_features: PolicyFeatures;
  readonly normalization_mapping: NormalizationMapping;
  readonly dataset_stats: DatasetStats | null;
}

/**
 * The pipelines that a policy's config describes.
 *
 * @param datasetStats Statistics of the training data, for features whose statistics the config does not give.
 * @throws FeatureError naming a feature that is to be normalised and has no statistics.
 */
export function policyProcessorsOf(config: NormalizedPolicyConfig, datasetStats: DatasetStats = {}): PolicyProcessors {
  return makePolicyProcessors({
    inputFeatures: config.input_features,
    outputFeatures: config.output_features,
    normalizationMapping: config.normalization_mapping,
    stats: { ...datasetStats, ...config.dataset_stats },
  });
}

function withImageStatistics({ inputFeatures, stats }: PolicyProcessorOptions): DatasetStats {
  const { mean, std } = IMAGENET_STATS;
  const images = Object.entries(inputFeatures).filter(([, { type, shape }]) => type === "VISUAL" && shape[0] === 3);
  return { ...Object.fromEntries(images.map(([key]) => [key, { mean: [...mean], std: [...std] }])), ...stats };
}
