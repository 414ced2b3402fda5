/** The Gaussian actor's pre- and postprocessor, from its config. */
import type { DatasetStats } from "../../config/schema/features.ts";
import { makePolicyProcessors, type PolicyProcessors } from "../../processors/policy_processors.ts";
import type { GaussianActorConfig } from "./config.ts";

/**
 * @param datasetStats Statistics of the training data, for features whose statistics the config does not give.
 * @throws FeatureError naming a feature that is to be normalised and has no statistics.
 */
export function makeGaussianActorPrePostProcessors(
  config: GaussianActorConfig,
  datasetStats: DatasetStats = {},
): PolicyProcessors {
  return makePolicyProcessors({
    inputFeatures: config.input_features,
    outputFeatures: config.output_features,
    normalizationMapping: config.normalization_mapping,
    stats: { ...datasetStats, ...config.dataset_stats },
  });
}
