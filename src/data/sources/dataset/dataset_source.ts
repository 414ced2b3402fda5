/**
 * Batches of windows from a LeRobotDataset: observations, actions and rewards around a step, as specified by an algorithm's
 * `dataSpec`. Every usable step is drawn once per epoch, in shuffled order. Images are read ahead during training; the
 * position, without batches read ahead, is saved and restored exactly.
 */
import type { DataSpec } from "../../../algorithms/data_spec.ts";
import type { Dataset } from "../../../datasets/dataset.ts";
import { isCamera, isNumeric } from "../../../datasets/schema/features.ts";
import { OBSERVATION_PREFIX, REWARD } from "../../../datasets/schema/step_columns.ts";
import { elementCount, type ReplayFeatures } from "../../../replay/features.ts";
import type { Random } from "../../../tensor/random.ts";
import { type BatchSource, missingColumns, type SourceBatch } from "../../batch_source.ts";
import { datasetNames } from "../../dataset_names.ts";
import { CameraFrames } from "./camera_frames.ts";
import { complementaryKey, DatasetNumbers } from "./dataset_numbers.ts";
import { ShuffledEpochs, type ShuffledEpochsState, ShuffledEpochsStateSchema } from "./shuffled_epochs.ts";
import { WindowBatch } from "./window_batch.ts";

/** Batches read ahead during an update. */
const READ_AHEAD = 2;
const CACHE_BYTES = 2 ** 30;
const OTHER_NUMBERS = 5;

export interface DatasetSourceOptions {
  /** The source takes ownership and closes it. */
  readonly dataset: Dataset;
  /** Name in messages. Default: the dataset's folder. */
  readonly name?: string;
  /** The policy's observations and actions, and the extra numbers to read. */
  readonly features: ReplayFeatures;
  /** The policy's names for the dataset's observations. */
  readonly renameMap?: Readonly<Record<string, string>>;
  /** Episodes to draw from. Default: all. */
  readonly episodes?: readonly number[];
  readonly batchSize: number;
  /** The algorithm's data spec. Default: single transitions. */
  readonly spec?: DataSpec;
  /** Shuffles; owned by the source. */
  readonly random: Random;
  /** Memory for decoded images, so that they are decoded once. Default: 1 GiB. */
  readonly cacheBytes?: number;
}

interface ReadBatch {
  readonly memory: WindowBatch;
  readonly batch: Promise<SourceBatch>;
  /** The source's position after this batch was taken. */
  readonly after: ShuffledEpochsState;
}

/**
 * Bytes that a source of all of the dataset's episodes takes: the numbers of every step, and decoded images up to the limit
 * of their cache.
 */
export function forecastDatasetMemory({ length }: Dataset, { observation, action }: ReplayFeatures): number {
  const sizes = Object.values(observation).map(({ dtype, shape }) => ({ dtype, count: elementCount(shape) }));
  const of = (kind: "uint8" | "float32") =>
    sizes.reduce((sum, { dtype, count }) => sum + (dtype === kind ? count : 0), 0);
  // Reward, position and episode of a step are numbers, too, and so are its two flags together.
  const numbers = of("float32") + elementCount(action.shape) + OTHER_NUMBERS;
  return length * numbers * Float32Array.BYTES_PER_ELEMENT + Math.min(CACHE_BYTES, length * of("uint8"));
}

export class DatasetSource implements BatchSource {
  readonly name: string;
  readonly features: ReplayFeatures;
  /** Number of steps to draw from. */
  readonly size: number;
  readonly isReady = true;
  readonly #dataset: Dataset;
  readonly #numbers: DatasetNumbers;
  readonly #cameras: CameraFrames;
  readonly #spec: DataSpec;
  readonly #returns: Float32Array | undefined;
  readonly #epochs: ShuffledEpochs;
  /** The frame of every row. */
  readonly #frames: Uint32Array;
  readonly #free: WindowBatch[];
  /** The latest batch and the previous one. */
  readonly #given: WindowBatch[] = [];
  readonly #ahead: ReadBatch[] = [];
  #state: ShuffledEpochsState;

  private constructor(options: DatasetSourceOptions, features: ReplayFeatures, numbers: DatasetNumbers) {
    const { dataset, spec = {}, batchSize, renameMap = {}, cacheBytes = CACHE_BYTES } = options;
    this.name = `the dataset ${options.name ?? dataset.root}`;
    this.features = features;
    this.#dataset = dataset;
    this.#numbers = numbers;
    this.#spec = spec;
    const names = datasetNames(Object.keys(features.observation), renameMap);
    const cameras = Object.entries(names).filter(([, key]) => isCamera(dataset.features[key]!));
    this.#cameras = new CameraFrames(dataset, Object.fromEntries(cameras), cacheBytes);
    if (spec.returns !== undefined) this.#returns = numbers.returns(spec.returns.discount);
    const frames = Array.from({ length: numbers.length }, (_, frame) => frame);
    this.#frames = Uint32Array.from(frames.filter((frame) => numbers.isUsable(frame, spec)));
    this.size = this.#frames.length;
    if (this.size === 0) throw new Error(`${this.name} has no step that can be learned from`);
    this.#epochs = new ShuffledEpochs(this.size, options.random);
    this.#state = this.#epochs.state();
    this.#free = Array.from({ length: READ_AHEAD + 2 }, () => new WindowBatch(features, batchSize, spec));
  }

  /**
   * Reads the numbers of the selected episodes.
   *
   * @throws Error naming an observation that the dataset lacks or has in another shape, or the first frame with numbers that
   *   the policy cannot take; DatasetError for an unreadable file.
   */
  static async open(options: DatasetSourceOptions): Promise<DatasetSource> {
    const { dataset, renameMap = {}, episodes = dataset.episodes.map(({ episodeIndex }) => episodeIndex) } = options;
    const asked = (options.spec?.columns ?? []).filter((name) => complementaryKey(dataset, name) !== undefined);
    const declared = options.features.complementaryInfo ?? {};
    const added = asked.filter((name) => !Object.hasOwn(declared, name)).map((name) => [name, {}] as const);
    const features = { ...options.features, complementaryInfo: { ...declared, ...Object.fromEntries(added) } };
    const names = datasetNames(Object.keys(features.observation), renameMap);
    assertObservations(dataset, features, names);
    return new DatasetSource(options, features, await DatasetNumbers.read(dataset, { features, names, episodes }));
  }

  missing(spec: DataSpec): string[] {
    const needsRewards = (spec.reward ?? true) || spec.returns !== undefined || spec.nStep !== undefined;
    const noRewards = needsRewards && this.#dataset.features[REWARD] === undefined;
    const others = windowsOf(spec) === windowsOf(this.#spec) ? [] : ["other windows than it was opened for"];
    return [...others, ...(noRewards ? [`rewards ("${REWARD}")`] : []), ...missingColumns(spec, this.features)];
  }

  async next(): Promise<SourceBatch> {
    if (this.#given.length === 2) this.#free.push(this.#given.shift()!);
    this.#readAhead();
    const { memory, batch, after } = this.#ahead.shift()!;
    this.#given.push(memory);
    const read = await batch;
    this.#state = after;
    this.#readAhead();
    return read;
  }

  state(): ShuffledEpochsState {
    return this.#state;
  }

  /** Call it before the first batch is requested. */
  restore(state: unknown): void {
    if (this.#ahead.length > 0) throw new Error("a source is restored before its first batch");
    try {
      this.#epochs.restore(ShuffledEpochsStateSchema.parse(state));
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`${this.name} is not the one that the run was saved with: ${message}`, { cause });
    }
    this.#state = this.#epochs.state();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#ahead.map(({ batch }) => batch));
    await this.#dataset.close();
  }

  #readAhead(): void {
    while (this.#ahead.length < READ_AHEAD && this.#free.length > 0) {
      const memory = this.#free.shift()!;
      const batch = this.#read(memory, this.#epochs.take(memory.batch.size));
      // The error surfaces when the batch is taken, not earlier as an unhandled rejection.
      batch.catch(() => {});
      this.#ahead.push({ memory, batch, after: this.#epochs.state() });
    }
  }

  async #read(memory: WindowBatch, rows: Uint32Array): Promise<SourceBatch> {
    memory.fillNumbers(
      this.#numbers,
      rows.map((row) => this.#frames[row]!),
      this.#returns,
    );
    memory.fillImages(this.#numbers, await this.#cameras.read(memory.indices(this.#numbers)));
    return memory.batch;
  }
}

/** Checks image sizes; sizes of numbers are checked when they are read. */
function assertObservations(
  dataset: Dataset,
  { observation }: ReplayFeatures,
  names: Readonly<Record<string, string>>,
): void {
  for (const [name, { dtype, shape }] of Object.entries(observation)) {
    const key = names[name]!;
    const feature = dataset.features[key];
    const found = Object.keys(dataset.features).filter((each) => each.startsWith(OBSERVATION_PREFIX));
    if (feature === undefined || !(isCamera(feature) || isNumeric(feature))) {
      throw new Error(`${dataset.root} has no observation "${key}"; found: ${found.join(", ") || "none"}`);
    }
    if (isCamera(feature) !== (dtype === "uint8")) {
      throw new Error(`"${key}" of ${dataset.root} is ${feature.dtype}, and the policy takes ${dtype}`);
    }
    if (!isCamera(feature)) continue;
    const { channels, height, width } = dataset.imageSize(key);
    if ([channels, height, width].join() === shape.join()) continue;
    const [c, h, w] = shape;
    throw new Error(
      `"${key}" of ${dataset.root} is ${height} × ${width} × ${channels}, and the policy takes ${h} × ${w} × ${c}`,
    );
  }
}

/** Key of the shapes and contents of batches. */
function windowsOf({ horizon = 1, observationSteps = 1, nextObservation = true, nStep, returns }: DataSpec): string {
  const discounts = [nStep?.steps, nStep?.discount, returns?.discount];
  return JSON.stringify([horizon, observationSteps, nextObservation, ...discounts]);
}
