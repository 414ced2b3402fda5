/** What a dataset needs from a video library, so that FFmpeg can be a package or a program. */
import type { ImageSize } from "../schema/features.ts";

export const CODECS = ["av1", "h264"] as const;
export type VideoCodec = (typeof CODECS)[number];

export interface EncodingOptions extends ImageSize {
  readonly fps: number;
  readonly codec: VideoCodec;
}

/** LeRobot's settings: a key frame every second frame makes any frame cheap to reach. */
export const KEY_FRAME_INTERVAL = 2;
export const CONSTANT_RATE_FACTOR = 30;
export const ENCODERS: Readonly<Record<VideoCodec, { readonly encoder: string; readonly preset: string }>> = {
  av1: { encoder: "libsvtav1", preset: "12" },
  h264: { encoder: "libx264", preset: "veryfast" },
};

export interface VideoEncoder {
  /** Encodes the next frame, RGB, height × width × 3. Waits while the encoder is behind: no frame is ever dropped. */
  write(pixels: Uint8Array): Promise<void>;
  /** Completes the file. */
  finish(): Promise<void>;
  /** Gives up; the file is left incomplete. */
  abort(): Promise<void>;
}

export interface VideoProbe {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string;
  /** Frames per second. */
  readonly rate: number;
  /** Presentation times of all frames in seconds, ascending. */
  readonly timestampsS: readonly number[];
  /** Duration of the video stream in seconds. */
  readonly durationS: number;
}

export interface VideoReader {
  /** Of the frames, known before any is decoded. */
  readonly size: Omit<ImageSize, "channels">;
  /**
   * The frames at these ascending times, RGB, height × width × 3.
   * @throws Error when the nearest frame of a time is further away than the tolerance, or the file is damaged.
   */
  frames(timestampsS: readonly number[], toleranceS: number): AsyncGenerator<Uint8Array, void, void>;
  close(): Promise<void>;
}

export interface VideoPart {
  readonly path: string;
  /** When the part begins in the joined file, seconds. */
  readonly offsetS: number;
}

export interface VideoBackend {
  readonly name: string;
  encode(path: string, options: EncodingOptions): Promise<VideoEncoder>;
  /** Joins files of the same encoding without encoding again. */
  concatenate(parts: readonly VideoPart[], output: string): Promise<void>;
  probe(path: string): Promise<VideoProbe>;
  open(path: string): Promise<VideoReader>;
}

/** The error of a frame that is not where the dataset says it is. */
export function misaligned(timestampS: number, nearestS: number | undefined, toleranceS: number): Error {
  const found = nearestS === undefined ? "there is none" : `the nearest is at ${nearestS.toFixed(6)} s`;
  return new Error(`no frame at ${timestampS.toFixed(6)} s ± ${Number(toleranceS.toPrecision(2))} s: ${found}`);
}
