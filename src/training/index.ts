/** Loops around an algorithm: the trainer, lockstep training and evaluation, the training config, checkpoints. */
export * from "./checkpoints/index.ts";
export { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "./config.ts";
export {
  type ProcessedEnv,
  resetAndBuildTransition,
  type StepInput,
  stepEnvAndProcessTransition,
} from "./env_step.ts";
export { type LoadTrainingConfigOptions, loadTrainingConfig } from "./load_training_config.ts";
export {
  chooseAction,
  type EpisodeSummary,
  type EvaluationOptions,
  evaluateReturns,
  type LockstepOptions,
  trainLockstep,
} from "./lockstep.ts";
export { RLTrainer, type RLTrainerOptions } from "./rl_trainer.ts";
