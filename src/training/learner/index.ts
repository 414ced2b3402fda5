/** The learning side of a run. `Learner` is what applications use; `LearnerCore` is the same without threads and sockets. */
export { Learner, type LearnerOutcome, type StartLearnerOptions } from "./learner.ts";
export {
  LearnerCore,
  type LearnerCoreOptions,
  type RejectedRecord,
  type SavedCheckpoint,
  TrainingDivergedError,
  type TransitionRecord,
} from "./learner_core.ts";
export type { TrainingProgress } from "./learner_messages.ts";
export { withRunToResume } from "./newest_run.ts";
export { openRunFolder, type RunFolder, withOutputFolder } from "./run_folder.ts";
export { type RunLearnerOptions, runLearner } from "./run_learner.ts";
export type { Correction, CorrectionOutcome } from "./transition_labels.ts";
