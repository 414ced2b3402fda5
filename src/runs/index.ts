/** Whole runs made from a config: training, actors, evaluations, the doctor, exports. */
export { type CropDatasetOptions, cropDataset } from "./crop_dataset.ts";
export type { Check, Finding, FindingLevel } from "./doctor/check.ts";
export { CHECKS, type DoctorReport, runDoctor } from "./doctor/run_doctor.ts";
export type { Attempt, SetupContext } from "./doctor/setup_context.ts";
export type { EvaluationProgress } from "./evaluation/evaluate_checkpoint.ts";
export { type FoundPolicy, findPolicy, type HubOptions } from "./evaluation/find_policy.ts";
export { type LoadedPolicy, loadPolicy } from "./evaluation/load_policy.ts";
export { type ExportedReplay, type ExportReplayOptions, exportReplay } from "./export_replay/export_replay.ts";
export { type EpisodeSummary, type LockstepOptions, trainLockstep } from "./lockstep.ts";
export { type ActorHandle, type MakeActorOptions, makeActor } from "./make_actor.ts";
export {
  type ConfiguredEnv,
  type MakeProcessedEnvOptions,
  makeProcessedEnv,
} from "./make_processed_env.ts";
export { makeConfiguredTeleoperator } from "./make_teleoperator.ts";
export { type ModelCard, renderModelCard, writeModelCard } from "./model_card.ts";
export {
  type OfflineControl,
  type RunLearnerOptions,
  type RunOfflineOptions,
  runLearner,
  runOffline,
} from "./run_learner.ts";
export {
  type RemoteActorSummary,
  type RunRemoteActorOptions,
  runRemoteActor,
  transportNotices,
} from "./run_remote_actor.ts";
export {
  type RecordRunDemonstrationsOptions,
  recordRunDemonstrations,
} from "./training_run/record_run_demonstrations.ts";
export { type StartTrainingOptions, type TrainingOutcome, TrainingRun } from "./training_run/training_run.ts";
