/** What a run reports about itself. */
export {
  type EvaluationReport,
  EvaluationReportSchema,
  type RunEvent,
  type RunEventOf,
  RunEventSchema,
  type UntimedRunEvent,
} from "./run_event.ts";
export { type RunEventListener, RunEvents } from "./run_events.ts";
