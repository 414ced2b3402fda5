/** A whole run in one process. */
export type { EvaluationProgress } from "./evaluate_checkpoint.ts";
export { type RecordRunDemonstrationsOptions, recordRunDemonstrations } from "./record_run_demonstrations.ts";
export { type StartTrainingOptions, type TrainingOutcome, TrainingRun } from "./training_run.ts";
