/** What learns: the algorithm contract, its registry, and soft actor-critic. */
export type { BatchIterator, RLAlgorithm, TrainingBatch, TrainingState } from "./algorithm.ts";
export { algorithmConfigs, type RLAlgorithmConfig } from "./config.ts";
export { fromPretrained, savePretrained } from "./pretrained.ts";
export {
  type AlgorithmFactory,
  type AlgorithmOptions,
  loadPlugins,
  makeAlgorithm,
  makeAlgorithmConfig,
  registerAlgorithm,
} from "./registry.ts";
export { SACAlgorithm, type SACOptions } from "./sac/algorithm.ts";
export { type SACAlgorithmConfig, SACAlgorithmConfigSchema } from "./sac/config.ts";
export { TrainingStats } from "./training_stats.ts";
