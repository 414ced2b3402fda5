/**
 * Interpolates poses between control steps: they are shown one interval late. A new episode or a gap is not interpolated.
 */
import type { PoseFrame } from "../../frames.ts";

const POSE_SIZE = 7;
/** Frames further apart are not interpolated. */
const LONGEST_INTERVAL_MS = 400;

export class PoseTrack {
  #from: Float32Array | undefined;
  #to: Float32Array | undefined;
  #episode = -1;
  #arrivedMs = 0;
  #intervalMs = 0;

  push({ poses, episode }: Pick<PoseFrame, "poses" | "episode">, nowMs: number, smooth: boolean): void {
    const elapsedMs = nowMs - this.#arrivedMs;
    const connected =
      smooth && this.#to?.length === poses.length && episode === this.#episode && elapsedMs < LONGEST_INTERVAL_MS;
    // Start at the displayed pose: an early frame makes no jump.
    this.#from = connected ? this.sample(nowMs) : poses;
    this.#intervalMs = connected ? elapsedMs : 0;
    this.#to = poses;
    this.#episode = episode;
    this.#arrivedMs = nowMs;
  }

  /** Whether the interpolation is still running. */
  isMoving(nowMs: number): boolean {
    return nowMs - this.#arrivedMs < this.#intervalMs;
  }

  /** The poses to show; undefined before the first frame. */
  sample(nowMs: number): Float32Array | undefined {
    const [from, to] = [this.#from, this.#to];
    if (from === undefined || to === undefined) return to;
    const share = this.#intervalMs <= 0 ? 1 : Math.min(1, (nowMs - this.#arrivedMs) / this.#intervalMs);
    return share >= 1 ? to : interpolatePoses(from, to, share);
  }
}

/** Linear for positions, normalised linear for orientations (nearly equal to slerp within a step). */
export function interpolatePoses(from: Float32Array, to: Float32Array, share: number): Float32Array {
  const out = new Float32Array(to.length);
  for (let body = 0; body < to.length; body += POSE_SIZE) {
    for (let i = body; i < body + 3; i++) out[i] = from[i]! + share * (to[i]! - from[i]!);
    let dot = 0;
    for (let i = body + 3; i < body + POSE_SIZE; i++) dot += from[i]! * to[i]!;
    const sign = dot < 0 ? -1 : 1; // q and −q are the same orientation
    let square = 0;
    for (let i = body + 3; i < body + POSE_SIZE; i++) {
      out[i] = (1 - share) * from[i]! + share * sign * to[i]!;
      square += out[i]! ** 2;
    }
    const scale = 1 / Math.sqrt(square);
    for (let i = body + 3; i < body + POSE_SIZE; i++) out[i] = out[i]! * scale;
  }
  return out;
}
