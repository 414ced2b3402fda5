/** Options of creating or continuing a dataset. */
import type { Features } from "../schema/features.ts";
import type { VideoCodec } from "../video/backend.ts";
import type { RecordingKind } from "./resumable.ts";

export interface CreateDatasetOptions {
  /** Folder of the dataset; it must not exist, or be empty. */
  readonly root: string;
  /** Frames per second. */
  readonly fps: number;
  /** The user's features; the five index features are added. */
  readonly features: Features;
  readonly robotType?: string;
  /** Encoding of new `video` features. Default: AV1, like LeRobot. */
  readonly videoCodec?: VideoCodec;
  /** MiB after which a new data or episodes file begins. */
  readonly dataFileSizeLimitMib?: number;
  /** MiB after which a new video file begins. */
  readonly videoFileSizeLimitMib?: number;
  /** Files per chunk folder. */
  readonly chunksSize?: number;
  /** Default: `"episode"`. */
  readonly flush?: FlushPolicy;
}

export interface ResumeDatasetOptions {
  readonly root: string;
  /** The planned recording: a dataset with other properties is refused. Default: no comparison. */
  readonly expected?: RecordingKind;
  readonly videoCodec?: VideoCodec;
  readonly flush?: FlushPolicy;
}

/**
 * When saved episodes are flushed to the disk. Both survive the end of the process; `"episode"` also survives a power
 * failure, `"close"` is faster for data that can be reproduced.
 */
export type FlushPolicy = "episode" | "close";
