/** The learner's side. `Learner` is what applications use; `TrainingCore` is the same without threads and sockets. */
export {
  CheckpointStore,
  type CheckpointStoreOptions,
  type LoadedCheckpoint,
} from "./checkpoints/checkpoint_store.ts";
export type { LoadCheckpointOptions, TrainingCheckpoint } from "./checkpoints/contents.ts";
export { CheckpointError } from "./checkpoints/layout.ts";
export type { CheckpointInfo } from "./checkpoints/retention.ts";
export { Learner } from "./learner.ts";
export type { LearnerEvaluation, LearnerOutcome, RunningLearner, StartLearnerOptions } from "./learner_options.ts";
export { withRunToResume } from "./run_folder/newest_run.ts";
export { openRunFolder, type RunFolder, withOutputFolder } from "./run_folder/run_folder.ts";
export { TrainingDivergedError } from "./training/divergence.ts";
export type { Relabel, RelabelOutcome } from "./training/relabel_queue.ts";
export { RLTrainer, type RLTrainerOptions } from "./training/rl_trainer.ts";
export {
  type RejectedRecord,
  type SavedCheckpoint,
  TrainingCore,
  type TrainingCoreOptions,
  type TransitionRecord,
} from "./training/training_core.ts";
export type { TrainingProgress } from "./training/training_messages.ts";
