/**
 * The content of one frame of a LeRobotDataset v3.0: a map of feature name → dtype, shape and names, as `meta/info.json`
 * stores it. Five index features always exist; everything else is the user's.
 */
import { z } from "zod";

export const NUMERIC_DTYPES = [
  "float32",
  "float64",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "bool",
] as const;
export type NumericDtype = (typeof NUMERIC_DTYPES)[number];

const OTHER_DTYPES = ["string", "image", "video", "language"] as const;

export const featureSchema = z.object({
  dtype: z.enum([...NUMERIC_DTYPES, ...OTHER_DTYPES]),
  shape: z.array(z.number().int().nonnegative()),
  /** One name per element, nested names per axis, or nothing. */
  names: z.unknown().optional(),
  /** Video encoding of cameras (`video.codec`, `video.fps` …). */
  info: z.record(z.string(), z.unknown()).nullish(),
});
export type Feature = z.infer<typeof featureSchema>;
export type Features = Readonly<Record<string, Feature>>;

const scalar = (dtype: NumericDtype): Feature => ({ dtype, shape: [1], names: null });

/** Features of every dataset, computed by the writer and never given by the caller. */
export const INDEX_FEATURES: Features = {
  timestamp: scalar("float32"),
  frame_index: scalar("int64"),
  episode_index: scalar("int64"),
  index: scalar("int64"),
  task_index: scalar("int64"),
};

/** The user's features, followed by the five index features, in file order. */
export function withIndexFeatures(features: Features): Features {
  for (const name of Object.keys(features)) {
    if (name.includes("/")) throw new Error(`feature "${name}": names must not contain "/"; use "." instead`);
    if (name in INDEX_FEATURES) throw new Error(`feature "${name}" is computed by the dataset: leave it out`);
  }
  return { ...features, ...INDEX_FEATURES };
}

export const isNumeric = (feature: Feature): feature is Feature & { dtype: NumericDtype } =>
  (NUMERIC_DTYPES as readonly string[]).includes(feature.dtype);

export const isCamera = (feature: Feature): boolean => feature.dtype === "image" || feature.dtype === "video";

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Names of the cameras stored as video files (`"video"`) or embedded in the parquet files (`"image"`). */
export function cameraKeys(features: Features, dtype?: "image" | "video"): string[] {
  return Object.keys(features).filter((key) => (dtype ? features[key]!.dtype === dtype : isCamera(features[key]!)));
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

const isChannelCount = (size: number): boolean => size === 1 || size === 3 || size === 4;

/**
 * Size of a camera's frames. Recorders disagree on the axis order. `names` decides, unless its channels axis is impossible
 * (old recordings have such names); then, and without names, the axis of 1, 3 or 4 elements is the channels axis.
 */
export function imageSize(key: string, feature: Feature): ImageSize {
  const { shape, names } = feature;
  if (shape.length !== 3) throw new Error(`feature "${key}": a camera has 3 axes, got shape [${shape.join(", ")}]`);
  const [a, b, c] = shape as [number, number, number];
  const named = Array.isArray(names) ? names.findIndex((name) => String(name).startsWith("channel")) : -1;
  const channelsFirst = named === 0 ? isChannelCount(a) || !isChannelCount(c) : isChannelCount(a) && !isChannelCount(c);
  return channelsFirst ? { channels: a, height: b, width: c } : { height: a, width: b, channels: c };
}

/** A camera feature with frames of height × width × channels. */
export function cameraFeature(dtype: "image" | "video", { height, width, channels }: ImageSize): Feature {
  return { dtype, shape: [height, width, channels], names: ["height", "width", "channels"] };
}
