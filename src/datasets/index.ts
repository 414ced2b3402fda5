/** LeRobotDataset v3.0: write, read and check datasets that LeRobot opens, and open those LeRobot wrote. */
export { Dataset, type DatasetFrame, type FeatureValue, type OpenDatasetOptions, type ReadOptions } from "./dataset.ts";
export { DatasetError, type DatasetLocation } from "./errors.ts";
export { type PullDatasetOptions, type PushDatasetOptions, pullDataset, pushDataset } from "./hub.ts";
export { type DatasetReference, lerobotHome, resolveDataset } from "./location.ts";
export type { EpisodeStarts, SeededStart } from "./meta/episode_starts.ts";
export type { EpisodeRecord, VideoSegment } from "./meta/episodes.ts";
export type { DatasetInfo } from "./meta/info.ts";
export {
  type EpisodeLabels,
  type FrameRange,
  labelledFrames,
  rangesOf,
  readSuccessLabels,
  type SuccessLabels,
  writeSuccessLabels,
} from "./meta/success_labels.ts";
export { describeDataset } from "./meta/summary.ts";
export { type ReadTransitionsOptions, readTransitions, replayFeaturesOf } from "./reading/read_transitions.ts";
export { cameraFeature, type Feature as DatasetFeature, type Features as DatasetFeatures } from "./schema/features.ts";
export { type StepFeaturesOptions, stepFeatures } from "./schema/step_columns.ts";
export type { DatasetStatistics, FeatureStatistics } from "./statistics/feature_statistics.ts";
export type { Problem } from "./validation/problem.ts";
export { type ValidateOptions, type ValidationReport, validateDataset } from "./validation/validate.ts";
export type { VideoCodec } from "./video/backend.ts";
export { DatasetRecorder } from "./writing/dataset_recorder.ts";
export { DatasetWriter, type SaveEpisodeOptions } from "./writing/dataset_writer.ts";
export type { CreateDatasetOptions, FlushPolicy, ResumeDatasetOptions } from "./writing/dataset_writer_options.ts";
export type { FrameInput, FrameValue } from "./writing/frame_input.ts";
export { type ImageEdit, type RewriteDatasetOptions, rewriteDataset } from "./writing/rewrite_dataset.ts";
export { stepFrame, writeTransitions } from "./writing/write_transitions.ts";
