/** One camera's video while recording: first a file per episode, then joined to the dataset's shared file. */
import { rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { confinedPath } from "../../utils/files/confined_path.ts";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { DatasetError } from "../errors.ts";
import type { VideoSegment } from "../meta/episodes.ts";
import { type FilePosition, filePath, nextFile } from "../meta/paths.ts";
import { type Feature, imageSize } from "../schema/features.ts";
import { CameraStatistics } from "../statistics/camera_statistics.ts";
import type { FeatureStatistics } from "../statistics/feature_statistics.ts";
import { type Commit, WORK_FOLDER } from "../writing/commit.ts";
import {
  CONSTANT_RATE_FACTOR,
  ENCODERS,
  KEY_FRAME_INTERVAL,
  type VideoBackend,
  type VideoCodec,
  type VideoEncoder,
  type VideoProbe,
} from "./backend.ts";

const MIB = 2 ** 20;

export interface VideoTrackOptions {
  readonly root: string;
  readonly key: string;
  readonly feature: Feature;
  readonly backend: VideoBackend;
  readonly codec: VideoCodec;
  readonly fps: number;
  readonly videoPath: string;
  readonly chunksSize: number;
  readonly fileSizeLimitMib: number;
  /** The file of the first episode; it must not exist yet. */
  readonly start: FilePosition;
}

export interface StagedSegment {
  readonly segment: VideoSegment;
  readonly probe: VideoProbe;
  readonly statistics: FeatureStatistics;
  /** Call it once the staged file is in place. */
  readonly accept: () => void;
}

export class VideoTrack {
  readonly #options: VideoTrackOptions;
  readonly #episodePath: string;
  #position: FilePosition;
  /** End of the current file in seconds; undefined while the file at `#position` does not exist. */
  #endS: number | undefined;
  /** Frames in the current file. */
  #frames = 0;
  #encoder: VideoEncoder | undefined;
  #finished: Promise<void> | undefined;
  #statistics: CameraStatistics;

  constructor(options: VideoTrackOptions) {
    const { channels } = imageSize(options.key, options.feature);
    if (channels !== 3) {
      throw new Error(`feature "${options.key}": video has 3 channels, not ${channels}; use dtype "image"`);
    }
    this.#options = options;
    this.#position = options.start;
    this.#episodePath = confinedPath(options.root, `${WORK_FOLDER}/episode/${options.key}.mp4`);
    this.#statistics = new CameraStatistics(imageSize(options.key, options.feature));
  }

  async add(pixels: Uint8Array): Promise<void> {
    if (!this.#encoder) {
      const { backend, key, feature, fps, codec } = this.#options;
      await makeFolder(dirname(this.#episodePath));
      this.#encoder = await backend.encode(this.#episodePath, { ...imageSize(key, feature), fps, codec });
    }
    this.#statistics.add(pixels);
    await this.#encoder.write(pixels);
  }

  /**
   * Completes the episode's video and stages the shared file that will contain it.
   * @throws DatasetError if the file does not hold exactly `length` frames, i/fps seconds apart.
   */
  async stage(commit: Commit, length: number): Promise<StagedSegment> {
    const { root, key, backend, videoPath, chunksSize, fileSizeLimitMib, fps } = this.#options;
    this.#finished ??= this.#encoder?.finish() ?? Promise.reject(new Error(`camera "${key}" has no frames`));
    await this.#finished;
    const probe = await backend.probe(this.#episodePath);
    this.#assertComplete(probe, length);

    const current = join(root, filePath(videoPath, this.#position, key));
    const sizeMib = async (path: string) => (await stat(path)).size / MIB;
    const full =
      this.#endS !== undefined && (await sizeMib(current)) + (await sizeMib(this.#episodePath)) >= fileSizeLimitMib;
    const position = full ? nextFile(this.#position, chunksSize) : this.#position;
    const fromS = full ? 0 : (this.#endS ?? 0);
    const toS = fromS + length / fps;
    // Copied, not moved: if the change fails, the episode can be saved again.
    const episode = { path: this.#episodePath, offsetS: fromS };
    const parts = fromS === 0 ? [episode] : [{ path: current, offsetS: 0 }, episode];
    const frames = (fromS === 0 ? 0 : this.#frames) + length;
    await commit.stage(filePath(videoPath, position, key), async (staged) => {
      await backend.concatenate(parts, staged);
      // A muxer may not notice that a full disk truncated its file, and the old file is about to be replaced.
      const { timestampsS } = await backend.probe(staged);
      if (timestampsS.length !== frames) throw new Error(`it holds ${timestampsS.length} of ${frames} frames`);
    });
    return {
      segment: { file: position, fromTimestampS: fromS, toTimestampS: toS },
      probe,
      statistics: this.#statistics.finish(),
      accept: () => {
        this.#position = position;
        this.#endS = toS;
        this.#frames = frames;
      },
    };
  }

  #assertComplete(probe: VideoProbe, length: number): void {
    const { key, fps } = this.#options;
    const late = probe.timestampsS.findIndex((timestamp, i) => Math.abs(timestamp - i / fps) > 1e-4);
    if (probe.timestampsS.length === length && late === -1) return;
    const problem =
      late === -1 ? `holds ${probe.timestampsS.length} of ${length} frames` : `frame ${late} is misplaced`;
    throw new DatasetError({ file: `${WORK_FOLDER}/episode/${key}.mp4`, field: key }, `the encoded video ${problem}`);
  }

  /** Drops the episode, saved or not. */
  async clear(): Promise<void> {
    if (this.#encoder && !this.#finished) await this.#encoder.abort();
    this.#encoder = undefined;
    this.#finished = undefined;
    this.#statistics = new CameraStatistics(imageSize(this.#options.key, this.#options.feature));
    await rm(this.#episodePath, { force: true });
  }
}

/** The `info` of a camera in `meta/info.json`: its encoding. */
export function videoInfo(probe: VideoProbe, codec: VideoCodec, backend: string): Record<string, unknown> {
  return {
    "video.height": probe.height,
    "video.width": probe.width,
    "video.codec": probe.codec,
    "video.pix_fmt": probe.pixelFormat,
    "video.fps": Math.round(probe.rate),
    "video.channels": 3,
    has_audio: false,
    "video.g": KEY_FRAME_INTERVAL,
    "video.crf": CONSTANT_RATE_FACTOR,
    "video.preset": /^\d+$/.test(ENCODERS[codec].preset) ? Number(ENCODERS[codec].preset) : ENCODERS[codec].preset,
    "video.fast_decode": 0,
    "video.video_backend": backend,
    "video.extra_options": {},
    is_depth_map: false,
  };
}
