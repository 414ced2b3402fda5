/** Handrail: human-in-the-loop reinforcement learning for robots. */
export { algorithmConfigs, type RLAlgorithmConfig } from "./algorithms/config.ts";
export { type SACAlgorithmConfig, SACAlgorithmConfigSchema } from "./algorithms/sac/config.ts";
export * from "./config/index.ts";
export * from "./datasets/index.ts";
export { envConfigs, type GymManipulatorConfig, GymManipulatorConfigSchema } from "./envs/config.ts";
export * from "./envs/index.ts";
export { type PolicyConfig, policyConfigs } from "./policies/config.ts";
export {
  type GaussianActorConfig,
  GaussianActorConfigSchema,
  gaussianActorWarnings,
} from "./policies/gaussian_actor/config.ts";
export { makeGaussianActorPrePostProcessors } from "./policies/gaussian_actor/processors.ts";
export * from "./processors/index.ts";
export * from "./replay/index.ts";
export * from "./teleoperators/index.ts";
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "./tensor/half.ts";
export { Random, type RandomState } from "./tensor/random.ts";
export { parseSafetensors, type SafetensorsContent, serializeSafetensors } from "./tensor/safetensors.ts";
export { loadSafetensors, openSafetensors, type SafetensorsFile, saveSafetensors } from "./tensor/safetensors_file.ts";
export { type SafetensorsEntry, SafetensorsError } from "./tensor/safetensors_format.ts";
export { Tensor } from "./tensor/tensor.ts";
export { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "./training/config.ts";
export {
  type ProcessedEnv,
  resetAndBuildTransition,
  type StepInput,
  stepEnvAndProcessTransition,
} from "./training/env_step.ts";
export { type ResolvePretrainedOptions, resolvePretrained } from "./utils/hub.ts";
export { type PushToHubOptions, pushToHub } from "./utils/push_to_hub.ts";
export { requirePackage } from "./utils/require_package.ts";
