/** Loops around an algorithm: the trainer, lockstep training and evaluation, the training config, checkpoints. */
export * from "./actor/index.ts";
export {
  type ActorReport,
  type EpisodeReport,
  fromInteraction,
  type RelabelReport,
  toInteraction,
} from "./actor_report.ts";
export * from "./checkpoints/index.ts";
export { type Acting, chooseAction } from "./choose_action.ts";
export { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "./config.ts";
export { type CropDatasetOptions, cropDataset } from "./crop_dataset.ts";
export * from "./doctor/index.ts";
export {
  type ProcessedEnv,
  resetAndBuildTransition,
  type StepInput,
  stepEnvAndProcessTransition,
  withoutProcessing,
} from "./env_step.ts";
export { EpisodeRecorder, RECORDED_EPISODES } from "./episode_recorder.ts";
export * from "./evaluation/index.ts";
export { type ExportedReplay, type ExportReplayOptions, exportReplay } from "./export_replay.ts";
export * from "./learner/index.ts";
export { type LoadTrainingConfigOptions, loadTrainingConfig } from "./load_training_config.ts";
export { type EpisodeSummary, type LockstepOptions, trainLockstep } from "./lockstep.ts";
export {
  type ConfiguredEnv,
  type MakeProcessedEnvOptions,
  makeProcessedEnv,
  processSimulation,
} from "./make_processed_env.ts";
export { type ModelCard, renderModelCard, writeModelCard } from "./model_card.ts";
export {
  type RecordDemonstrationsOptions,
  type RecordedEpisode,
  recordDemonstrations,
} from "./record_demonstrations.ts";
export { recordingFeatures } from "./recording.ts";
export { type ReplayEpisodeOptions, type ReplayedEpisode, replayEpisode } from "./replay_episode.ts";
export { replayFeaturesOf } from "./replay_features.ts";
export { RLTrainer, type RLTrainerOptions } from "./rl_trainer.ts";
export * from "./run/index.ts";
export { TransitionCodec } from "./transition_message.ts";
