/**
 * The numbers of a dataset's steps in memory, under the policy's names: everything but the images. A frame is a row of the
 * dataset; frame numbers here count over the selected episodes.
 */
import type { DataSpec } from "../../../algorithms/data_spec.ts";
import type { Dataset } from "../../../datasets/dataset.ts";
import type { EpisodeRecord } from "../../../datasets/meta/episodes.ts";
import { type FrameTable, numbersOf } from "../../../datasets/schema/columns.ts";
import { isNumeric } from "../../../datasets/schema/features.ts";
import { ACTION, COMPLEMENTARY_PREFIX, DONE, REWARD, TRUNCATED } from "../../../datasets/schema/step_columns.ts";
import { elementCount, type ReplayFeatures } from "../../../replay/features.ts";
import { TransitionValidator } from "../../../replay/validate_transition.ts";

export interface NumberColumn {
  readonly data: Float32Array;
  readonly width: number;
}

export interface DatasetNumbersOptions {
  readonly features: ReplayFeatures;
  /** The dataset's name for every observation. */
  readonly names: Readonly<Record<string, string>>;
  readonly episodes: readonly number[];
}

export class DatasetNumbers {
  /** Frames. */
  readonly length: number;
  /** By the policy's name; images are not among them. */
  readonly observations: Readonly<Record<string, NumberColumn>>;
  readonly action: NumberColumn;
  readonly reward: Float32Array;
  /** 1 if the task ended. */
  readonly terminated: Uint8Array;
  /** 1 if the episode was cut short. */
  readonly truncated: Uint8Array;
  /** By name. */
  readonly complementary: Readonly<Record<string, Float32Array>>;
  /** Position of every frame in the dataset. */
  readonly indices: Uint32Array;
  /** Per frame, the first frame of its episode and the one after its last. */
  readonly begins: Uint32Array;
  readonly ends: Uint32Array;

  private constructor(features: ReplayFeatures, numeric: readonly string[], length: number) {
    const column = (width: number): NumberColumn => ({ data: new Float32Array(length * width), width });
    const widthOf = (name: string) => elementCount(features.observation[name]!.shape);
    this.length = length;
    this.observations = Object.fromEntries(numeric.map((name) => [name, column(widthOf(name))]));
    this.action = column(elementCount(features.action.shape));
    this.reward = new Float32Array(length);
    this.terminated = new Uint8Array(length);
    this.truncated = new Uint8Array(length);
    const declared = Object.entries(features.complementaryInfo ?? {});
    this.complementary = Object.fromEntries(
      declared.map(([name, { default: value = 0 }]) => [name, new Float32Array(length).fill(value)]),
    );
    this.indices = new Uint32Array(length);
    this.begins = new Uint32Array(length);
    this.ends = new Uint32Array(length);
  }

  /** @throws DatasetError for a file that cannot be read; Error naming the first frame that does not fit the features. */
  static async read(dataset: Dataset, options: DatasetNumbersOptions): Promise<DatasetNumbers> {
    const { features, names } = options;
    const numeric = Object.keys(names).filter((name) => isNumeric(dataset.features[names[name]!]!));
    const episodes = options.episodes.map((index) => dataset.episode(index));
    const length = episodes.reduce((sum, episode) => sum + episode.length, 0);
    const numbers = new DatasetNumbers(features, numeric, length);
    const columns = [
      ...numeric.map((name) => names[name]!),
      ...[ACTION, REWARD, DONE, TRUNCATED].filter((key) => dataset.features[key]),
      ...Object.keys(numbers.complementary).flatMap((name) => complementaryKey(dataset, name) ?? []),
    ];
    let first = 0;
    for (const episode of episodes) {
      numbers.#add(first, episode, await dataset.readTable(episode, columns), names);
      first += episode.length;
    }
    numbers.#assertFits(dataset, features);
    return numbers;
  }

  /** Whether a frame can be drawn: if the next observation is needed, it must be stored. */
  isUsable(frame: number, { nextObservation = true }: DataSpec): boolean {
    return !nextObservation || frame + 1 < this.ends[frame]! || this.terminated[frame] === 1;
  }

  /** Σ γᵏ·rₖ over at most `steps` steps from `frame`, γ to their number, and the last of them. */
  nStep(frame: number, { steps, discount }: NonNullable<DataSpec["nStep"]>) {
    let [last, reward, bootstrapDiscount] = [frame, this.reward[frame]!, discount];
    for (let step = 1; step < steps; step++) {
      const isOver = this.terminated[last] === 1 || this.truncated[last] === 1;
      if (isOver || !this.isUsable(last + 1, {})) break;
      last++;
      reward += bootstrapDiscount * this.reward[last]!;
      bootstrapDiscount *= discount;
    }
    return { reward, bootstrapDiscount, last };
  }

  /** The discounted return of every frame until the end of its episode. */
  returns(discount: number): Float32Array {
    const returns = new Float32Array(this.length);
    for (let frame = this.length - 1; frame >= 0; frame--) {
      const isLast = this.terminated[frame] === 1 || this.truncated[frame] === 1;
      returns[frame] = this.reward[frame]! + (isLast ? 0 : discount * returns[frame + 1]!);
    }
    return returns;
  }

  #add(first: number, episode: EpisodeRecord, table: FrameTable, names: Readonly<Record<string, string>>): void {
    const copy = (target: NumberColumn, key: string) => {
      const source = numbersOf(table, key);
      if (source.length === table.length * target.width) target.data.set(source, first * target.width);
      else throw new Error(`"${key}" has ${source.length / table.length} numbers, the policy takes ${target.width}`);
    };
    for (const [name, column] of Object.entries(this.observations)) copy(column, names[name]!);
    copy(this.action, ACTION);
    if (REWARD in table.columns) copy({ data: this.reward, width: 1 }, REWARD);
    for (const [name, data] of Object.entries(this.complementary)) {
      const key = COMPLEMENTARY_PREFIX + name;
      if (key in table.columns) copy({ data, width: 1 }, key);
    }
    const flag = (key: string, row: number) => key in table.columns && numbersOf(table, key)[row] !== 0;
    const end = first + table.length;
    for (let row = 0; row < table.length; row++) {
      const frame = first + row;
      const isLast = row === table.length - 1;
      // As when transitions are read: without either flag the last step counts as the end of the task.
      const ended = flag(DONE, row) || (isLast && !(DONE in table.columns) && !(TRUNCATED in table.columns));
      this.terminated[frame] = ended ? 1 : 0;
      this.truncated[frame] = !ended && (isLast || flag(TRUNCATED, row)) ? 1 : 0;
      this.indices[frame] = episode.fromIndex + row;
      this.begins[frame] = first;
      this.ends[frame] = end;
    }
  }

  /** Refuses the same values as a replay buffer. */
  #assertFits(dataset: Dataset, features: ReplayFeatures): void {
    const observation = Object.fromEntries(
      Object.keys(this.observations).map((name) => [name, features.observation[name]!]),
    );
    const validator = new TransitionValidator({ ...features, observation });
    for (let frame = 0; frame < this.length; frame++) {
      const at = ({ data, width }: NumberColumn) => data.subarray(frame * width, (frame + 1) * width);
      const arrays = Object.fromEntries(Object.entries(this.observations).map(([name, column]) => [name, at(column)]));
      const info = Object.entries(this.complementary).map(([name, values]) => [name, values[frame]!]);
      try {
        validator.check({
          observation: arrays,
          nextObservation: arrays,
          action: at(this.action),
          reward: this.reward[frame]!,
          terminated: false,
          truncated: false,
          complementaryInfo: Object.fromEntries(info),
        });
      } catch (cause) {
        const { message } = cause as Error;
        throw new Error(`${dataset.root} does not fit the policy: frame ${this.indices[frame]}: ${message}`, { cause });
      }
    }
  }
}

/** The dataset's column for an extra number, if it exists. */
export function complementaryKey(dataset: Dataset, name: string): string | undefined {
  const key = COMPLEMENTARY_PREFIX + name;
  const feature = dataset.features[key];
  return feature && isNumeric(feature) && elementCount(feature.shape) === 1 ? key : undefined;
}
