/** The part of metrics without Node: types, events as JSON, and curves. Web pages may import it. */
export {
  DEFAULT_WINDOW_EPISODES,
  isAutonomous,
  type LearningCurve,
  learningCurve,
  recentShares,
  type SuccessShares,
  successShares,
} from "./learning_curve.ts";
export { ProgressCount, type ProgressUnit } from "./progress_count.ts";
export {
  type EvaluationReport,
  EvaluationReportSchema,
  type RunEvent,
  type RunEventOf,
  RunEventSchema,
  type UntimedRunEvent,
} from "./run_event.ts";
export { isUnknownRunEvent, parseRunEvent, serializeRunEvent, type UnknownRunEvent } from "./run_event_json.ts";
export { type RunEventListener, RunEvents, type RunEventsOptions } from "./run_events.ts";
export { type EpisodeEvent, type Evaluation, RunHistory, type RunHistoryOptions } from "./run_history.ts";
export { centredMean, downsample, exponentialMovingAverage, movingMean, type Point, type Series } from "./series.ts";
