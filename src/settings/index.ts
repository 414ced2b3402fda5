/** The settings of a run: LeRobot's `train_config.json`, and what both sides read from it. */
export { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "./config.ts";
export { type LoadTrainingConfigOptions, loadTrainingConfig } from "./load_training_config.ts";
export { replayFeaturesOf } from "./replay_features.ts";
export { type RunSettings, runSettingsOf } from "./run_settings.ts";
