/** The Gaussian actor's pre- and postprocessor, from its config. */
import type { DatasetStats } from "../../config/schema/features.ts";
import { type PolicyProcessors, policyProcessorsOf } from "../../processors/policy_processors.ts";
import type { GaussianActorConfig } from "./config.ts";

/**
 * `policyProcessorsOf` under LeRobot's name.
 *
 * @param datasetStats Statistics of the training data, for features whose statistics the config does not give.
 * @throws FeatureError naming a feature that needs statistics and has none.
 */
export function makeGaussianActorPrePostProcessors(
  config: GaussianActorConfig,
  datasetStats: DatasetStats = {},
): PolicyProcessors {
  return policyProcessorsOf(config, datasetStats);
}
