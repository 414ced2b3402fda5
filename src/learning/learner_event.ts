/** The learner's report of once a second, as an event of the run. */
import type { RunEventOf } from "../metrics/run_event.ts";
import type { LearnerEndpoint } from "../transport/transport.ts";
import type { TrainingProgress } from "./training/training_messages.ts";

export interface LearnerReport {
  readonly progress: TrainingProgress;
  /** Whether the learner is ending. */
  readonly isOver: boolean;
  /** Whether it trains without actors. */
  readonly isOffline: boolean;
  /** Since the last report. */
  readonly seconds: number;
  readonly updates: number;
  readonly queuedRecords: number;
  readonly refusedRecords: number;
  /** undefined without actors. */
  readonly transport: ReturnType<LearnerEndpoint["metrics"]> | undefined;
  readonly freeDiskBytes: number | undefined;
}

export function learnerEvent(report: LearnerReport): Omit<RunEventOf<"learner">, "time_s" | "interaction_step"> {
  const { progress, seconds, updates, transport, freeDiskBytes } = report;
  const { step, interactionStep } = progress;
  const missing = transport && transport.transitions.missing + transport.interactions.missing;
  return {
    type: "learner",
    step,
    state: report.isOver ? "stopped" : progress.state,
    updates_per_s: seconds > 0 ? updates / seconds : 0,
    updates_per_step: report.isOffline ? 0 : step / Math.max(1, interactionStep),
    online_size: progress.onlineSize,
    offline_size: progress.offlineSize,
    queue_records: report.queuedRecords,
    parameters_version: transport?.weightsVersion ?? step,
    actors_connected: transport?.transitions.streams ?? 0,
    refused_records: report.refusedRecords,
    missing_records: missing ?? 0,
    quarantined_records: progress.quarantined,
    ...(freeDiskBytes !== undefined && { free_disk_bytes: freeDiskBytes }),
  };
}
