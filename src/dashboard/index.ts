/** The dashboard: a web page for watching, driving and analysing a run. */
export { DashboardTeleoperator } from "./server/dashboard_teleoperator.ts";
export { DatasetEpisodes } from "./server/episodes/dataset_episodes.ts";
export type { EpisodeSource } from "./server/episodes/episode_source.ts";
export {
  type ActorRunOptions,
  actorRun,
  type LearnerRunOptions,
  learnerRun,
  type OfflineRunOptions,
  offlineRun,
} from "./server/runs/distributed_run.ts";
export { EvaluationSession, type EvaluationSessionOptions } from "./server/runs/evaluation_session.ts";
export { RecordingSession, type RecordingSessionOptions } from "./server/runs/recording_session.ts";
export type {
  DashboardRun,
  EvaluationControl,
  LabelControl,
  LearnerControl,
  OperatorControl,
  PaceControl,
  PauseControl,
  RecordingControl,
  RunActions,
  StopControl,
} from "./server/runs/run.ts";
export { RunStatus } from "./server/runs/run_status.ts";
export {
  DashboardHooks,
  offlinePlanOf,
  planOf,
  type TrainingRunOptions,
  trainingRun,
} from "./server/runs/training_run.ts";
export {
  type Dashboard,
  type DashboardOptions,
  DEFAULT_DASHBOARD_PORT,
  startDashboard,
} from "./server/start_dashboard.ts";
