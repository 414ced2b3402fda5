/** Reward models: what judges success where the environment cannot. */
export { type RewardModelConfig, type SuccessDecision, successSettings } from "./config.ts";
export { type JudgedEpisode, judgeDataset } from "./judge_dataset.ts";
export { makeRewardModel, registerRewardModel, rewardModelConfigs } from "./registry.ts";
export type { RewardModel, RewardModelContext, RewardModelType } from "./reward_model.ts";
export { RewardModelProcessorStep, type RewardModelStepOptions } from "./reward_model_step.ts";
