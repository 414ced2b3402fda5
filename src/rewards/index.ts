/** Reward models: what judges success where the environment cannot. */

export { RewardClassifier } from "./classifier/reward_classifier.ts";
export { readExamples } from "./classifier/training/examples.ts";
export { type ClassifierMetrics, decide, measure } from "./classifier/training/metrics.ts";
export { judgeExamples } from "./classifier/training/train_classifier.ts";
export { type TrainOnDatasetOptions, trainOnDataset } from "./classifier/training/train_on_dataset.ts";
export { type RewardModelConfig, type SuccessDecision, successSettings } from "./config.ts";
export { type JudgedEpisode, judgeDataset } from "./judge_dataset.ts";
export { makeRewardModel, registerRewardModel, rewardModelConfigs } from "./registry.ts";
export type { RewardModel, RewardModelContext, RewardModelType } from "./reward_model.ts";
export { RewardModelProcessorStep, type RewardModelStepOptions } from "./reward_model_step.ts";
