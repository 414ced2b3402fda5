/** LeRobotDataset v3.0: write, read and check datasets that LeRobot opens, and open those LeRobot wrote. */
export { Dataset, type DatasetFrame, type FeatureValue, type OpenDatasetOptions, type ReadOptions } from "./dataset.ts";
export { DatasetRecorder } from "./dataset_recorder.ts";
export {
  type CreateDatasetOptions,
  DatasetWriter,
  type FlushPolicy,
  type ResumeDatasetOptions,
} from "./dataset_writer.ts";
export type { EpisodeRecord, VideoSegment } from "./episodes.ts";
export { DatasetError, type DatasetLocation } from "./errors.ts";
export { cameraFeature, type Feature as DatasetFeature, type Features as DatasetFeatures } from "./features.ts";
export type { FrameInput, FrameValue } from "./frame_input.ts";
export { type PullDatasetOptions, type PushDatasetOptions, pullDataset, pushDataset } from "./hub.ts";
export type { DatasetInfo } from "./info.ts";
export { type DatasetReference, lerobotHome, resolveDataset } from "./location.ts";
export { type ReadTransitionsOptions, readTransitions, replayFeaturesOf } from "./read_transitions.ts";
export { type ImageEdit, type RewriteDatasetOptions, rewriteDataset } from "./rewrite_dataset.ts";
export type { DatasetStatistics, FeatureStatistics } from "./statistics/feature_statistics.ts";
export { type StepFeaturesOptions, stepFeatures } from "./step_columns.ts";
export { describeDataset } from "./summary.ts";
export { type ValidateOptions, type ValidationReport, validateDataset } from "./validate.ts";
export type { Problem } from "./validation/problem.ts";
export type { VideoCodec } from "./video/backend.ts";
export { stepFrame, writeTransitions } from "./write_transitions.ts";
