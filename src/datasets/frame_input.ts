/** What callers hand over per frame, and the checks that name the feature when it does not fit. */
import { allocateNumeric, type Column, type FrameTable, type NumericArray } from "./columns.ts";
import {
  elementCount,
  type Feature,
  type Features,
  INDEX_FEATURES,
  imageSize,
  isCamera,
  isNumeric,
} from "./features.ts";
import { encodePng } from "./images/png.ts";
import { storedKeys } from "./parquet_schema.ts";
import { CameraStatistics } from "./statistics/camera_statistics.ts";
import type { FeatureStatistics } from "./statistics/feature_statistics.ts";

/** Numbers of a feature (row-major), a single number or flag, a text, or a camera frame (bytes, height × width × channels). */
export type FrameValue = number | boolean | string | ArrayLike<number>;

/** One value per feature, without the five index features. */
export type FrameInput = Readonly<Record<string, FrameValue>>;

/** @throws Error naming every missing, unknown or misfitting feature of the frame. */
export function assertFrame(features: Features, frame: FrameInput): void {
  const expected = Object.keys(features).filter((key) => !(key in INDEX_FEATURES));
  const missing = expected.filter((key) => frame[key] === undefined);
  const unknown = Object.keys(frame).filter((key) => !expected.includes(key));
  const problems = [
    ...missing.map((key) => `"${key}" is missing`),
    ...unknown.map((key) => `"${key}" is not a feature of this dataset`),
    ...expected
      .filter((key) => frame[key] !== undefined)
      .flatMap((key) => describeMisfit(key, features[key]!, frame[key]!) ?? []),
  ];
  if (problems.length > 0) throw new Error(`frame not recorded: ${problems.join("; ")}`);
}

function describeMisfit(key: string, feature: Feature, value: FrameValue): string | undefined {
  if (feature.dtype === "string") return typeof value === "string" ? undefined : `"${key}" must be a string`;
  const size = elementCount(feature.shape);
  const found = typeof value === "object" ? value.length : 1;
  if (typeof value === "string") return `"${key}" must be ${feature.dtype}, got a string`;
  if (found !== size) return `"${key}" has shape [${feature.shape.join(", ")}] = ${size} elements, got ${found}`;
  if (isCamera(feature)) {
    const bytes = value instanceof Uint8Array || value instanceof Uint8ClampedArray;
    return bytes ? undefined : `"${key}" must be bytes (Uint8Array, height × width × channels)`;
  }
  if (typeof value !== "object") return Number.isFinite(Number(value)) ? undefined : `"${key}" is ${value}`;
  for (let i = 0; i < found; i++) {
    if (!Number.isFinite(Number(value[i]))) return `"${key}"[${i}] is ${value[i]}`;
  }
  return undefined;
}

/** The numeric, text and embedded-image columns of an episode while it grows. */
export class EpisodeBuffer {
  readonly #features: Features;
  readonly #fps: number;
  readonly #numbers = new Map<string, { data: NumericArray; readonly width: number }>();
  readonly #values = new Map<string, unknown[]>();
  readonly #images = new Map<string, { readonly pngs: Uint8Array[]; readonly statistics: CameraStatistics }>();
  #length = 0;

  constructor(features: Features, fps: number) {
    this.#features = features;
    this.#fps = fps;
    for (const key of storedKeys(features)) {
      const feature = features[key]!;
      if (isNumeric(feature)) {
        const width = elementCount(feature.shape);
        this.#numbers.set(key, { data: allocateNumeric(feature.dtype, 256 * width), width });
      } else if (feature.dtype === "image") {
        this.#images.set(key, { pngs: [], statistics: new CameraStatistics(imageSize(key, feature)) });
      } else this.#values.set(key, []);
    }
  }

  get length(): number {
    return this.#length;
  }

  /** Copies a frame that has passed `assertFrame`. */
  add(frame: FrameInput, taskIndex: number): void {
    const row = this.#length;
    for (const [key, column] of this.#numbers) {
      if ((row + 1) * column.width > column.data.length) column.data = grown(column.data);
      const value = this.#indexValue(key, row, taskIndex) ?? frame[key]!;
      if (typeof value === "object") column.data.set(value, row * column.width);
      else column.data[row * column.width] = Number(value);
    }
    for (const [key, column] of this.#values) column.push(frame[key]);
    for (const [key, { pngs, statistics }] of this.#images) {
      const data = frame[key] as Uint8Array;
      statistics.add(data);
      pngs.push(encodePng({ ...imageSize(key, this.#features[key]!), data }));
    }
    this.#length = row + 1;
  }

  #indexValue(key: string, row: number, taskIndex: number): number | undefined {
    if (key === "frame_index") return row;
    if (key === "timestamp") return row / this.#fps;
    if (key === "task_index") return taskIndex;
    // Known only when the episode is saved.
    if (key === "index" || key === "episode_index") return 0;
    return undefined;
  }

  /** Statistics of the embedded cameras, so far. */
  imageStatistics(): Record<string, FeatureStatistics> {
    return Object.fromEntries([...this.#images].map(([key, { statistics }]) => [key, statistics.finish()]));
  }

  table(episodeIndex: number, fromIndex: number): FrameTable {
    const length = this.#length;
    const columns: Record<string, Column> = {};
    for (const key of storedKeys(this.#features)) {
      const numbers = this.#numbers.get(key);
      if (numbers) {
        const data = numbers.data.slice(0, length * numbers.width);
        if (key === "episode_index") data.fill(episodeIndex);
        if (key === "index") for (let row = 0; row < length; row++) data[row] = fromIndex + row;
        columns[key] = { kind: "numeric", width: numbers.width, data };
      } else if (this.#images.has(key)) columns[key] = { kind: "image", data: this.#images.get(key)!.pngs };
      else columns[key] = { kind: "value", data: this.#values.get(key)! };
    }
    return { length, columns };
  }
}

function grown(data: NumericArray): NumericArray {
  const larger = new (data.constructor as new (length: number) => NumericArray)(data.length * 2);
  larger.set(data);
  return larger;
}
