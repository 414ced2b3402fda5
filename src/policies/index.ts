/** Policies: the contract, its registry, and the Gaussian actor. */
export { type ActionBounds, actionBoundsOf, type NormalizedPolicyConfig } from "./action_bounds.ts";
export { CompiledPolicy, type SymbolicParameters } from "./compiled_policy.ts";
export {
  type GaussianActorConfig,
  GaussianActorConfigSchema,
  gaussianActorWarnings,
} from "./gaussian_actor/config.ts";
export {
  type EncodeOptions,
  type EncoderParameters,
  type Observation as SymbolicObservation,
  ObservationEncoder as GaussianActorObservationEncoder,
  type ObservationEncoderConfig,
} from "./gaussian_actor/encoder.ts";
export { type NetworkSettings, type ValueParameters, valueNetwork } from "./gaussian_actor/networks.ts";
export { type PolicyParameters, trainablePart, withFrozenPart } from "./gaussian_actor/parameters.ts";
export { GaussianActorPolicy } from "./gaussian_actor/policy.ts";
export { makeGaussianActorPrePostProcessors } from "./gaussian_actor/processors.ts";
export { namedByPath } from "./named_by_path.ts";
export { onlineTrainingFields, pretrainedFields } from "./online_training.ts";
export type {
  ActOptions,
  ParameterNaming,
  ParametersOf,
  Policy,
  PolicyConfig,
  PolicyOptions,
  PolicyResetOptions,
  TrainablePolicy,
} from "./policy.ts";
export type { PolicyAdvice, PolicyType } from "./policy_type.ts";
export {
  loadPretrainedPolicy,
  makePolicy,
  makePrePostProcessors,
  type PolicyActions,
  policyActionBounds,
  policyActions,
  policyAdvice,
  policyConfigs,
  registerPolicy,
} from "./registry.ts";
