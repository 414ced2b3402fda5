/** How a dataset is made or continued. */
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
  /** Encoding of new `video` features; AV1 by default, like LeRobot. */
  readonly videoCodec?: VideoCodec;
  /** MiB after which a new data or episodes file begins. */
  readonly dataFileSizeLimitMib?: number;
  /** MiB after which a new video file begins. */
  readonly videoFileSizeLimitMib?: number;
  /** Files per chunk folder. */
  readonly chunksSize?: number;
  /** `"episode"` by default. */
  readonly flush?: FlushPolicy;
}

export interface ResumeDatasetOptions {
  readonly root: string;
  /** What will be recorded: a dataset that was recorded otherwise is refused. Nothing is compared without it. */
  readonly expected?: RecordingKind;
  readonly videoCodec?: VideoCodec;
  readonly flush?: FlushPolicy;
}

/**
 * When saved episodes are forced onto the disk. Either way they survive the end of the process; `"episode"` also
 * survives a power failure, `"close"` is faster for data that can be made again.
 */
export type FlushPolicy = "episode" | "close";
