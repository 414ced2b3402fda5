/** The interface to a video library: FFmpeg as a package or as a program. */
import type { ImageSize } from "../schema/features.ts";

export const CODECS = ["av1", "h264"] as const;
export type VideoCodec = (typeof CODECS)[number];

export interface EncodingOptions extends ImageSize {
  readonly fps: number;
  readonly codec: VideoCodec;
}

/** LeRobot's settings: a key frame every second frame makes random access cheap. */
export const KEY_FRAME_INTERVAL = 2;
export const CONSTANT_RATE_FACTOR = 30;
export const ENCODERS: Readonly<Record<VideoCodec, { readonly encoder: string; readonly preset: string }>> = {
  av1: { encoder: "libsvtav1", preset: "12" },
  h264: { encoder: "libx264", preset: "veryfast" },
};

export interface VideoEncoder {
  /** Encodes the next frame, RGB, height × width × 3. Waits for a slow encoder: frames are never dropped. */
  write(pixels: Uint8Array): Promise<void>;
  /** Completes the file. */
  finish(): Promise<void>;
  /** Aborts; the file is left incomplete. */
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
  /** Size of the frames, known before decoding. */
  readonly size: Omit<ImageSize, "channels">;
  /**
   * The frames at these ascending times, RGB, height × width × 3.
   * @throws Error if the nearest frame of a time is outside the tolerance, or the file is damaged.
   */
  frames(timestampsS: readonly number[], toleranceS: number): AsyncGenerator<Uint8Array, void, void>;
  close(): Promise<void>;
}

export interface VideoPart {
  readonly path: string;
  /** Start of the part in the joined file, in seconds. */
  readonly offsetS: number;
}

export interface VideoBackend {
  readonly name: string;
  encode(path: string, options: EncodingOptions): Promise<VideoEncoder>;
  /** Joins files of the same encoding without re-encoding. */
  concatenate(parts: readonly VideoPart[], output: string): Promise<void>;
  probe(path: string): Promise<VideoProbe>;
  open(path: string): Promise<VideoReader>;
}

/** The error for a frame that is not at its expected time. */
export function misaligned(timestampS: number, nearestS: number | undefined, toleranceS: number): Error {
  const found = nearestS === undefined ? "the video has no frames" : `the nearest is at ${nearestS.toFixed(6)} s`;
  return new Error(`no frame at ${timestampS.toFixed(6)} s ± ${Number(toleranceS.toPrecision(2))} s: ${found}`);
}
