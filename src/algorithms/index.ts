/** Algorithms: the contract, its registry, and soft actor-critic. */
export type {
  BatchIterator,
  FrozenImageEncoder,
  RLAlgorithm,
  TrainingBatch,
  TrainingState,
} from "./algorithm.ts";
export { CompiledAlgorithm, type CompiledAlgorithmOptions, type LearnedState } from "./compiled_algorithm.ts";
export { algorithmConfigs, type RLAlgorithmConfig } from "./config.ts";
export type { DataSpec } from "./data_spec.ts";
export { loadPlugins } from "./plugins.ts";
export { fromPretrained, savePretrained } from "./pretrained.ts";
export {
  type AlgorithmOptions,
  type AlgorithmType,
  fromPolicyConfig,
  makeAlgorithm,
  makeAlgorithmConfig,
  registerAlgorithm,
} from "./registry.ts";
export { SACAlgorithm, type SACOptions } from "./sac/algorithm.ts";
export { type SACAlgorithmConfig, SACAlgorithmConfigSchema } from "./sac/config.ts";
export { trainingContext } from "./training_context.ts";
export { TrainingStats } from "./training_stats.ts";
