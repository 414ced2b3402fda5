/** What acts. */
export { type PolicyConfig, policyConfigs } from "./config.ts";
export {
  type GaussianActorConfig,
  GaussianActorConfigSchema,
  gaussianActorWarnings,
} from "./gaussian_actor/config.ts";
export { type PolicyParameters, trainablePart, withFrozenPart } from "./gaussian_actor/parameters.ts";
export { GaussianActorPolicy, type PolicyOptions, type SelectActionOptions } from "./gaussian_actor/policy.ts";
export { makeGaussianActorPrePostProcessors } from "./gaussian_actor/processors.ts";
