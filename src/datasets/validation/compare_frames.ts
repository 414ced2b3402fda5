/** Compares a dataset with another reader's frame-by-frame listing. */
import { z } from "zod";
import type { Dataset, DatasetFrame } from "../dataset.ts";

const numbers = z.union([z.number(), z.boolean(), z.array(z.union([z.number(), z.boolean()]))]);

const referenceFrame = z.looseObject({
  index: z.number().int(),
  episode: z.number().int(),
  frame: z.number().int(),
  timestamp: z.number(),
  task: z.string(),
  /** Mean of each colour channel in [0, 1], per camera. */
  mean_rgb: z.record(z.string(), z.array(z.number())).default({}),
});
export type ReferenceFrame = z.infer<typeof referenceFrame>;

/** The listing's short names of features; full names work as well. */
const ALIASES: Readonly<Record<string, string>> = {
  state: "observation.state",
  environment_state: "observation.environment_state",
  reward: "next.reward",
  done: "next.done",
};

/** Decoders differ in colour rounding by a fraction of a level. */
const VIDEO_TOLERANCE = 2e-3;
/** The listing's means are rounded to four digits. */
const IMAGE_TOLERANCE = 1e-4;
/** Listings print float32 values with all their digits. */
const NUMBER_TOLERANCE = 1e-6;

export interface FieldDeviation {
  readonly field: string;
  /** Largest absolute difference; infinite if a field is missing or has another length. */
  readonly worst: number;
  readonly tolerance: number;
  /** Its location. */
  readonly frame: number;
}

/** @throws Error if the text is not a listing of frames. */
export function parseReferenceFrames(json: string): ReferenceFrame[] {
  const parsed = z.array(referenceFrame).safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new Error(`not a listing of frames: ${issue.path.join(".")}: ${issue.message}`);
}

/** Compares every frame, read in order. A differing number of frames is a deviation of the field "frames". */
export async function compareFrames(dataset: Dataset, reference: readonly ReferenceFrame[]) {
  const deviations = new Map<string, FieldDeviation>();
  const note = (field: string, worst: number, tolerance: number, frame: number) => {
    const known = deviations.get(field);
    if (!known || worst > known.worst) deviations.set(field, { field, worst, tolerance, frame });
  };
  let frames = 0;
  for (const episode of dataset.episodes) {
    for await (const frame of dataset.frames(episode)) {
      const expected = reference[frames++];
      if (expected) compareFrame(dataset, frame, expected, note);
    }
  }
  note("frames", Math.abs(frames - reference.length), 0, frames);
  return { frames, fields: [...deviations.values()] };
}

type Note = (field: string, worst: number, tolerance: number, frame: number) => void;

function compareFrame(dataset: Dataset, frame: DatasetFrame, expected: ReferenceFrame, note: Note): void {
  const { index, episode, frame: frameIndex, timestamp, task, mean_rgb, ...rest } = expected;
  note("index", Math.abs(frame.index - index), 0, frame.index);
  note("episode", Math.abs(frame.episodeIndex - episode), 0, frame.index);
  note("frame", Math.abs(frame.frameIndex - frameIndex), 0, frame.index);
  note("timestamp", Math.abs(frame.timestampS - timestamp), NUMBER_TOLERANCE, frame.index);
  note("task", frame.task === task ? 0 : Number.POSITIVE_INFINITY, 0, frame.index);
  for (const [field, value] of Object.entries(rest)) {
    const actual = frame.values[ALIASES[field] ?? field];
    if (value === null && actual === undefined) continue;
    note(field, deviation(actual, value), typeof value === "string" ? 0 : NUMBER_TOLERANCE, frame.index);
  }
  for (const [camera, mean] of Object.entries(mean_rgb)) {
    const pixels = frame.values[camera];
    const tolerance = dataset.features[camera]?.dtype === "video" ? VIDEO_TOLERANCE : IMAGE_TOLERANCE;
    const actual = pixels instanceof Uint8Array ? channelMeans(pixels, mean.length) : undefined;
    note(`mean_rgb ${camera}`, deviation(actual, mean), tolerance, frame.index);
  }
}

function deviation(actual: unknown, expected: unknown): number {
  if (typeof expected === "string") return actual === expected ? 0 : Number.POSITIVE_INFINITY;
  const parsed = numbers.safeParse(Array.isArray(expected) ? expected.flat(Number.POSITIVE_INFINITY) : expected);
  if (!parsed.success || !(Array.isArray(actual) || ArrayBuffer.isView(actual))) return Number.POSITIVE_INFINITY;
  const wanted = [parsed.data].flat().map(Number);
  const found = Array.from(actual as unknown as ArrayLike<number>, Number);
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  return found.reduce((worst, value, i) => {
    const scale = Math.max(1, Math.abs(wanted[i]!));
    const difference = Math.abs(value - wanted[i]!) / scale;
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
  }, 0);
}

/** Mean of every channel of an interleaved image, in [0, 1]. */
export function channelMeans(pixels: Uint8Array, channels: number): number[] {
  const sums = new Array<number>(channels).fill(0);
  for (let i = 0; i < pixels.length; i++) sums[i % channels]! += pixels[i]!;
  return sums.map((sum) => (sum * channels) / pixels.length / 255);
}
