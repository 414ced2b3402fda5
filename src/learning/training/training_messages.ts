/** Messages between the learner and its training thread. Everything is plain data. */

import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import type { LearnerTransportState } from "../../transport/learner/received_watermarks.ts";
import type { FrozenWeights } from "../../transport/messages.ts";
import type { RunFolder } from "../run_folder/run_folder.ts";
import type { Relabel, RelabelOutcome } from "./relabel_queue.ts";
import type { RejectedRecord, SavedCheckpoint, TransitionRecord } from "./training_core.ts";

export interface TrainingThreadData {
  readonly config: TrainRLServerPipelineConfig;
  readonly folder: RunFolder;
  /** Without actors, on a dataset. */
  readonly offline: boolean;
  /** Updates between two evaluations of a run without actors; absent where none is made. */
  readonly evaluateEvery?: number;
  /** Modules that register types, as `loadedPlugins` names them. */
  readonly plugins: readonly string[];
}

/** The state of a run. */
export interface TrainingProgress {
  readonly state: "waiting" | "training" | "limited" | "paused" | "saving";
  readonly step: number;
  readonly interactionStep: number;
  readonly onlineSize: number;
  /** Without actors, the steps of the dataset. */
  readonly offlineSize: number;
  /** Transitions of both buffers that are left out of batches. */
  readonly quarantined: number;
}

export const INITIAL_PROGRESS: TrainingProgress = {
  state: "waiting",
  step: 0,
  interactionStep: 0,
  onlineSize: 0,
  offlineSize: 0,
  quarantined: 0,
};

export interface OpenedRun {
  readonly runId: string;
  readonly transportState: LearnerTransportState | null;
  readonly progress: TrainingProgress;
}

/** Answered one after the other. */
export type TrainingRequest =
  | { readonly type: "open" }
  | { readonly type: "transitions"; readonly records: readonly TransitionRecord[] }
  | { readonly type: "relabel"; readonly relabel: Relabel }
  /** Makes updates now; stops early where a checkpoint is due. */
  | { readonly type: "train"; readonly updates: number }
  | { readonly type: "pause" }
  /** A training begins paused. */
  | { readonly type: "resume" }
  | { readonly type: "score"; readonly score: number }
  | { readonly type: "save"; readonly transport: LearnerTransportState | null };

export interface TrainingReplies {
  readonly open: OpenedRun;
  readonly transitions: readonly RejectedRecord[];
  readonly relabel: RelabelOutcome;
  /** Updates made. */
  readonly train: number;
  readonly pause: undefined;
  readonly resume: undefined;
  readonly score: undefined;
  readonly save: SavedCheckpoint;
}

/** Told without being asked. */
export type TrainingReport =
  | { readonly type: "progress"; readonly progress: TrainingProgress }
  /** Means over the updates since the report before. */
  | { readonly type: "metrics"; readonly step: number; readonly metrics: Readonly<Record<string, number>> }
  | {
      readonly type: "weights";
      readonly version: number;
      /** Without the frozen weights. */
      readonly safetensors: Uint8Array<ArrayBuffer>;
      /** With the first weights only. */
      readonly frozen?: FrozenWeights;
    }
  /** Training waits for a save request. */
  | { readonly type: "save_due" }
  /** As `save_due`; the checkpoint is to be evaluated. */
  | { readonly type: "evaluation_due" }
  /** "info": what the training steps run on. */
  | { readonly type: "notice"; readonly level: "info" | "warn"; readonly message: string };

/** To the thread. `close` has no answer: the thread ends. */
export type TrainingThreadRequest = TrainingRequest | { readonly type: "close" };

/** From the thread: a report, or the answer to the oldest request that has none yet. */
export type TrainingThreadMessage =
  | TrainingReport
  | { readonly type: "reply"; readonly ok: true; readonly value: TrainingReplies[TrainingRequest["type"]] }
  | { readonly type: "reply"; readonly ok: false; readonly error: Error };

/** The training, wherever it runs. */
export interface Training {
  /** @throws whatever the request meets; Error when the thread is gone. */
  ask<Request extends TrainingRequest>(request: Request): Promise<TrainingReplies[Request["type"]]>;
  /** Ends it after the requests made so far; what was not saved is lost. */
  close(): Promise<void>;
}

export interface TrainingListener {
  onReport(report: TrainingReport): void;
  /** Training is complete. */
  onFailure(error: Error): void;
}
