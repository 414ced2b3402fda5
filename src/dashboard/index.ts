/** The dashboard: a page from which people watch, drive and understand a run. */
export { DashboardTeleoperator } from "./server/dashboard_teleoperator.ts";
export { DatasetEpisodes } from "./server/dataset_episodes.ts";
export { type ActorRunOptions, actorRun, type LearnerRunOptions, learnerRun } from "./server/distributed_run.ts";
export type { EpisodeSource } from "./server/episode_source.ts";
export { EvaluationSeat, type EvaluationSeatOptions } from "./server/evaluation_seat.ts";
export { RecordingSeat, type RecordingSeatOptions } from "./server/recording_seat.ts";
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
} from "./server/run.ts";
export { RunStatus } from "./server/run_status.ts";
export {
  type Dashboard,
  type DashboardOptions,
  DEFAULT_DASHBOARD_PORT,
  startDashboard,
} from "./server/start_dashboard.ts";
export { DriverSeat, planOf, type TrainingRunOptions, trainingRun } from "./server/training_run.ts";
