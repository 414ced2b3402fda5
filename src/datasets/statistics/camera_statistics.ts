/**
 * Statistics of a camera over an episode, collected while frames arrive. Counts of the 256 byte values per channel suffice;
 * which frames are sampled depends on the episode's length, known only at its end.
 */
import type { ImageSize } from "../schema/features.ts";
import { dimensionStatistics, featureStatistics } from "./dimension_statistics.ts";
import type { FeatureStatistics } from "./feature_statistics.ts";

const LEVELS = 256;
const INTENSITIES = Float64Array.from({ length: LEVELS }, (_, level) => level / 255);

/** Indices of the frames that LeRobot samples in an episode of `length` frames. */
export function sampledFrames(length: number): number[] {
  const count = Math.max(Math.min(100, length), Math.min(Math.floor(length ** 0.75), 10_000));
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => roundHalfToEven((i * (length - 1)) / (count - 1)));
}

/** Large frames are subsampled: every n-th pixel along both axes. */
export function pixelStride(width: number, height: number): number {
  const longer = Math.max(width, height);
  return longer < 300 ? 1 : Math.floor(longer / 150);
}

export class CameraStatistics {
  readonly #size: ImageSize;
  readonly #frames: Uint32Array[] = [];

  constructor(size: ImageSize) {
    this.#size = size;
  }

  /** @param pixels Height × width × channels. */
  add(pixels: Uint8Array): void {
    const { width, height, channels } = this.#size;
    const stride = pixelStride(width, height);
    const counts = new Uint32Array(LEVELS * channels);
    if (stride === 1 && channels === 3) {
      for (let i = 0; i < pixels.length; i += 3) {
        counts[pixels[i]!]!++;
        counts[LEVELS + pixels[i + 1]!]!++;
        counts[2 * LEVELS + pixels[i + 2]!]!++;
      }
    } else {
      for (let y = 0; y < height; y += stride) {
        for (let x = 0; x < width; x += stride) {
          const pixel = (y * width + x) * channels;
          for (let c = 0; c < channels; c++) counts[c * LEVELS + pixels[pixel + c]!]!++;
        }
      }
    }
    this.#frames.push(counts);
  }

  /** Statistics per channel in [0, 1]; `count` is the number of sampled frames. */
  finish(): FeatureStatistics {
    const { channels } = this.#size;
    const sum = new Float64Array(LEVELS * channels);
    const sampled = sampledFrames(this.#frames.length);
    for (const frame of sampled) {
      const counts = this.#frames[frame]!;
      for (let i = 0; i < sum.length; i++) sum[i]! += counts[i]!;
    }
    const dimensions = Array.from({ length: channels }, (_, c) =>
      dimensionStatistics(INTENSITIES, sum.subarray(c * LEVELS, (c + 1) * LEVELS)),
    );
    return featureStatistics(dimensions, sampled.length);
  }
}

/** Ties round to even, as in NumPy. */
function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
