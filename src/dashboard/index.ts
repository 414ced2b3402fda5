/** The dashboard: a page from which people watch, drive and understand a run. */
export { DashboardTeleoperator } from "./server/dashboard_teleoperator.ts";
export { RecordingSeat, type RecordingSeatOptions } from "./server/recording_seat.ts";
export type {
  DashboardRun,
  EvaluationControl,
  LabelControl,
  LearnerControl,
  OperatorControl,
  PauseControl,
  RecordingControl,
  RunActions,
  StopControl,
} from "./server/run.ts";
export {
  type Dashboard,
  type DashboardOptions,
  DEFAULT_DASHBOARD_PORT,
  startDashboard,
} from "./server/start_dashboard.ts";
export { DriverSeat, type TrainingRunOptions, trainingRun } from "./server/training_run.ts";
