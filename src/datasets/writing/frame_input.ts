/** Frames passed by callers, and checks that name a misfitting feature. */

import { encodePng } from "../images/png.ts";
import { storedKeys } from "../parquet/parquet_schema.ts";
import {
  allocateNumeric,
  type Column,
  type FrameTable,
  type NumericArray,
  type NumericColumn,
  numericColumn,
} from "../schema/columns.ts";
import {
  elementCount,
  type Feature,
  type Features,
  INDEX_FEATURES,
  imageSize,
  isCamera,
  isNumeric,
  type NumericDtype,
} from "../schema/features.ts";
import { CameraStatistics } from "../statistics/camera_statistics.ts";
import type { FeatureStatistics } from "../statistics/feature_statistics.ts";

/** Numbers of a feature (row-major), a single number or flag, a text, or a camera frame (bytes, height × width × channels). */
export type FrameValue = number | boolean | string | ArrayLike<number>;

/** One value per feature, without the five index features. */
export type FrameInput = Readonly<Record<string, FrameValue>>;

interface ExpectedFeature {
  readonly key: string;
  readonly feature: Feature;
  readonly elements: number;
}

/** Checks frames against a dataset's features; fast enough for every control step. */
export class FrameCheck {
  readonly #expected: readonly ExpectedFeature[];

  constructor(features: Features) {
    this.#expected = Object.keys(features)
      .filter((key) => !(key in INDEX_FEATURES))
      .map((key) => ({ key, feature: features[key]!, elements: elementCount(features[key]!.shape) }));
  }

  /** @throws Error naming every missing, unknown or misfitting feature of the frame. */
  assert(frame: FrameInput): void {
    const misfits = this.#expected.some((expected) => describeMisfit(expected, frame[expected.key]) !== undefined);
    if (!misfits && Object.keys(frame).length === this.#expected.length) return;
    const unknown = Object.keys(frame).filter((key) => this.#expected.every((expected) => expected.key !== key));
    const problems = [
      ...this.#expected.flatMap((expected) => describeMisfit(expected, frame[expected.key]) ?? []),
      ...unknown.map((key) => `"${key}" is not a feature of this dataset`),
    ];
    throw new Error(`frame not recorded: ${problems.join("; ")}`);
  }
}

function describeMisfit(
  { key, feature, elements }: ExpectedFeature,
  value: FrameValue | undefined,
): string | undefined {
  if (value === undefined) return `"${key}" is missing`;
  if (feature.dtype === "string") return typeof value === "string" ? undefined : `"${key}" must be a string`;
  const found = typeof value === "object" ? value.length : 1;
  if (typeof value === "string") return `"${key}" must be ${feature.dtype}, got a string`;
  if (found !== elements) {
    return `"${key}" has shape [${feature.shape.join(", ")}] = ${elements} elements, got ${found}`;
  }
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

/** The numeric, text and embedded-image columns of a growing episode. */
export class EpisodeBuffer {
  readonly #features: Features;
  readonly #fps: number;
  readonly #numbers: NumericBuffer[] = [];
  readonly #taskIndices = new NumericBuffer("task_index", "int64", 1);
  readonly #values = new Map<string, unknown[]>();
  readonly #images = new Map<string, { readonly pngs: Uint8Array[]; readonly statistics: CameraStatistics }>();
  #length = 0;

  constructor(features: Features, fps: number) {
    this.#features = features;
    this.#fps = fps;
    for (const key of storedKeys(features)) {
      const feature = features[key]!;
      if (key in INDEX_FEATURES) continue;
      if (isNumeric(feature)) {
        this.#numbers.push(new NumericBuffer(key, feature.dtype, elementCount(feature.shape)));
      } else if (feature.dtype === "image") {
        this.#images.set(key, { pngs: [], statistics: new CameraStatistics(imageSize(key, feature)) });
      } else this.#values.set(key, []);
    }
  }

  get length(): number {
    return this.#length;
  }

  /** Copies a frame that has passed `FrameCheck.assert`. */
  add(frame: FrameInput, taskIndex: number): void {
    const row = this.#length;
    for (const numbers of this.#numbers) numbers.set(row, frame[numbers.key]!);
    this.#taskIndices.set(row, taskIndex);
    for (const [key, column] of this.#values) column.push(frame[key]);
    for (const [key, { pngs, statistics }] of this.#images) {
      const data = frame[key] as Uint8Array;
      statistics.add(data);
      pngs.push(encodePng({ ...imageSize(key, this.#features[key]!), data }));
    }
    this.#length = row + 1;
  }

  /** Statistics of the embedded cameras so far. */
  imageStatistics(): Record<string, FeatureStatistics> {
    return Object.fromEntries([...this.#images].map(([key, { statistics }]) => [key, statistics.finish()]));
  }

  table(episodeIndex: number, fromIndex: number): FrameTable {
    const length = this.#length;
    const counted = (key: string, value: (row: number) => number): [string, Column] => {
      const column = numericColumn(this.#features[key] as Feature & { dtype: NumericDtype }, length);
      for (let row = 0; row < length; row++) column.data[row] = value(row);
      return [key, column];
    };
    const columns = new Map<string, Column>([
      ...[...this.#numbers, this.#taskIndices].map((each): [string, Column] => [each.key, each.column(length)]),
      ...[...this.#images].map(([key, { pngs }]): [string, Column] => [key, { kind: "image", data: pngs }]),
      ...[...this.#values].map(([key, data]): [string, Column] => [key, { kind: "value", data }]),
      counted("timestamp", (row) => row / this.#fps),
      counted("frame_index", (row) => row),
      counted("episode_index", () => episodeIndex),
      counted("index", (row) => fromIndex + row),
    ]);
    return { length, columns: Object.fromEntries(storedKeys(this.#features).map((key) => [key, columns.get(key)!])) };
  }
}

const FIRST_ROWS = 256;

/** Rows of numbers in one growing typed array. Allocates nothing for a declared width before a frame has it. */
class NumericBuffer {
  readonly key: string;
  readonly #dtype: NumericDtype;
  readonly #width: number;
  #data: NumericArray;

  constructor(key: string, dtype: NumericDtype, width: number) {
    this.key = key;
    this.#dtype = dtype;
    this.#width = width;
    this.#data = allocateNumeric(dtype, 0);
  }

  /** @param row At most one after the last. */
  set(row: number, value: FrameValue): void {
    if (this.#data.length === 0) this.#data = allocateNumeric(this.#dtype, FIRST_ROWS * this.#width);
    else if ((row + 1) * this.#width > this.#data.length) this.#data = grown(this.#data);
    if (typeof value === "object") this.#data.set(value, row * this.#width);
    else this.#data[row * this.#width] = Number(value);
  }

  /** A copy of the first `rows` rows. */
  column(rows: number): NumericColumn {
    return { kind: "numeric", width: this.#width, data: this.#data.slice(0, rows * this.#width) };
  }
}

function grown(data: NumericArray): NumericArray {
  const larger = new (data.constructor as new (length: number) => NumericArray)(data.length * 2);
  larger.set(data);
  return larger;
}
