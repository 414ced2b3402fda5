/** The dashboard: a page from which people watch, drive and understand a run. */
export { DashboardTeleoperator } from "./server/dashboard_teleoperator.ts";
export { DatasetEpisodes } from "./server/episodes/dataset_episodes.ts";
export type { EpisodeSource } from "./server/episodes/episode_source.ts";
export { type ActorRunOptions, actorRun, type LearnerRunOptions, learnerRun } from "./server/runs/distributed_run.ts";
export { EvaluationSeat, type EvaluationSeatOptions } from "./server/runs/evaluation_seat.ts";
export { RecordingSeat, type RecordingSeatOptions } from "./server/runs/recording_seat.ts";
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
export { DriverSeat, planOf, type TrainingRunOptions, trainingRun } from "./server/runs/training_run.ts";
export {
  type Dashboard,
  type DashboardOptions,
  DEFAULT_DASHBOARD_PORT,
  startDashboard,
} from "./server/start_dashboard.ts";
