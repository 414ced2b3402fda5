/** Messages between a recorder and its worker thread. */

import type { SeededStart } from "../meta/episode_starts.ts";
import type { EpisodeRecord } from "../meta/episodes.ts";
import type { DatasetInfo } from "../meta/info.ts";
import type { CreateDatasetOptions, ResumeDatasetOptions } from "./dataset_writer_options.ts";
import type { FrameInput } from "./frame_input.ts";

export type RecorderWorkerData =
  | { readonly open: "create"; readonly options: CreateDatasetOptions }
  | { readonly open: "resume"; readonly options: ResumeDatasetOptions };

export type RecorderRequest =
  /** The images of a frame are channels-last, those of a step channels-first. */
  | { readonly type: "frame" | "step"; readonly frame: FrameInput; readonly task: string }
  | { readonly type: "save"; readonly start: SeededStart | undefined }
  | { readonly type: "opened" | "discard" | "close" };

export interface OpenedDataset {
  readonly info: DatasetInfo;
  readonly lostEpisode: boolean;
}

export type RecorderValue = OpenedDataset | EpisodeRecord;

/** Replies come in request order. */
export type RecorderReply =
  | { readonly ok: true; readonly value?: RecorderValue }
  | { readonly ok: false; readonly message: string };
