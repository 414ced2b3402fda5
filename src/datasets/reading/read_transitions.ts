/** Streams a dataset as transitions for replay: one episode's numbers and two camera frames in memory at a time. */
import type { ReplayFeatures } from "../../replay/features.ts";
import type { ObservationArrays, Transition } from "../../replay/transition.ts";
import type { Dataset } from "../dataset.ts";
import type { EpisodeRecord } from "../meta/episodes.ts";
import { type FrameTable, type NumericArray, numbersOf } from "../schema/columns.ts";
import { cameraKeys, isCamera, isNumeric } from "../schema/features.ts";
import { toChannelsFirst } from "../schema/image_layout.ts";
import { ACTION, COMPLEMENTARY_PREFIX, DONE, OBSERVATION_PREFIX, REWARD, TRUNCATED } from "../schema/step_columns.ts";

export interface ReadTransitionsOptions {
  /** Observation features to read. Default: all. */
  readonly observations?: readonly string[];
  /**
   * A dataset holds no observation after the last step of an episode. If the task ended none is needed; without both
   * `next.done` and `next.truncated`, the task ended, as LeRobot reads it. If the episode was truncated, the last step is
   * left out and reported to `onSkipped` (`"skip"`, the default), or is its own successor (`"repeat"`, like LeRobot).
   */
  readonly truncatedEnd?: "skip" | "repeat";
  readonly onSkipped?: (episodeIndex: number) => void;
  /** Episodes to read. Default: all. */
  readonly episodes?: readonly number[];
}

/** Features of a buffer for this dataset's transitions. @throws Error if actions or rewards are missing. */
export function replayFeaturesOf(
  dataset: Dataset,
  observations: readonly string[] = observationKeys(dataset),
): ReplayFeatures {
  const { features } = dataset;
  for (const key of [ACTION, REWARD]) {
    if (!features[key]) throw new Error(`the dataset has no "${key}": nothing can be learned from it`);
  }
  const observation = observations.map((key) => {
    const feature = features[key];
    if (!feature) throw new Error(`the dataset has no "${key}"; found: ${observationKeys(dataset).join(", ")}`);
    if (!isCamera(feature)) return [key, { dtype: "float32", shape: feature.shape }] as const;
    const { channels, height, width } = dataset.imageSize(key);
    return [key, { dtype: "uint8", shape: [channels, height, width] }] as const;
  });
  const complementary = complementaryKeys(dataset).map((key) => [key.slice(COMPLEMENTARY_PREFIX.length), {}]);
  return {
    observation: Object.fromEntries(observation),
    action: { shape: features[ACTION]!.shape },
    complementaryInfo: Object.fromEntries(complementary),
  };
}

/**
 * All transitions, in order; `episode` is the episode's index in the dataset plus 1. Arrays are valid until the next one is
 * requested.
 */
export async function* readTransitions(
  dataset: Dataset,
  options: ReadTransitionsOptions = {},
): AsyncGenerator<Transition, void, void> {
  const keys = options.observations ?? observationKeys(dataset);
  replayFeaturesOf(dataset, keys);
  const cameras = cameraKeys(dataset.features).filter((key) => keys.includes(key));
  const episodes = options.episodes?.map((index) => dataset.episode(index)) ?? dataset.episodes;
  for (const episode of episodes) {
    const steps = await EpisodeSteps.read(dataset, episode, keys);
    if (cameras.length === 0) yield* steps.transitions(options);
    else yield* withCameras(steps.transitions(options), cameraFrames(dataset, episode, cameras));
  }
}

const observationKeys = (dataset: Dataset): string[] =>
  Object.keys(dataset.features).filter(
    (key) =>
      key.startsWith(OBSERVATION_PREFIX) && (isNumeric(dataset.features[key]!) || isCamera(dataset.features[key]!)),
  );

const complementaryKeys = (dataset: Dataset): string[] =>
  Object.keys(dataset.features).filter((key) => {
    const feature = dataset.features[key]!;
    return key.startsWith(COMPLEMENTARY_PREFIX) && isNumeric(feature) && feature.shape.join() === "1";
  });

/** The numbers of an episode's steps. */
class EpisodeSteps {
  readonly #episode: EpisodeRecord;
  readonly #table: FrameTable;
  readonly #observations: readonly { readonly key: string; readonly data: Float32Array; readonly width: number }[];
  readonly #complementary: readonly { readonly name: string; readonly data: NumericArray }[];

  private constructor(dataset: Dataset, episode: EpisodeRecord, table: FrameTable, keys: readonly string[]) {
    this.#episode = episode;
    this.#table = table;
    this.#observations = keys
      .filter((key) => isNumeric(dataset.features[key]!))
      .map((key) => {
        const data = Float32Array.from(numbersOf(table, key));
        return { key, data, width: data.length / table.length };
      });
    this.#complementary = complementaryKeys(dataset).map((key) => ({
      name: key.slice(COMPLEMENTARY_PREFIX.length),
      data: numbersOf(table, key),
    }));
  }

  static async read(dataset: Dataset, episode: EpisodeRecord, keys: readonly string[]): Promise<EpisodeSteps> {
    const numeric = keys.filter((key) => isNumeric(dataset.features[key]!));
    const flags = [DONE, TRUNCATED].filter((key) => dataset.features[key]);
    const columns = [...numeric, ACTION, REWARD, ...flags, ...complementaryKeys(dataset)];
    return new EpisodeSteps(dataset, episode, await dataset.readTable(episode, columns), keys);
  }

  *transitions({ truncatedEnd = "skip", onSkipped }: ReadTransitionsOptions): Generator<Transition, void, void> {
    const { length, columns } = this.#table;
    const flag = (key: string, row: number): boolean => key in columns && numbersOf(this.#table, key)[row] !== 0;
    const actions = Float32Array.from(numbersOf(this.#table, ACTION));
    const actionWidth = actions.length / length;
    const rewards = numbersOf(this.#table, REWARD);
    let observation = this.#observationAt(0);
    for (let row = 0; row < length; row++) {
      const last = row === length - 1;
      const terminated = flag(DONE, row) || (last && !(DONE in columns) && !(TRUNCATED in columns));
      const truncated = !terminated && (last || flag(TRUNCATED, row));
      if (last && truncated && truncatedEnd === "skip") {
        onSkipped?.(this.#episode.episodeIndex);
        return;
      }
      const nextObservation = last ? observation : this.#observationAt(row + 1);
      yield {
        observation,
        action: actions.subarray(row * actionWidth, (row + 1) * actionWidth),
        reward: rewards[row]!,
        nextObservation,
        terminated,
        truncated,
        episode: this.#episode.episodeIndex + 1,
        complementaryInfo: Object.fromEntries(this.#complementary.map(({ name, data }) => [name, data[row]!])),
      };
      observation = nextObservation;
    }
  }

  #observationAt(row: number): ObservationArrays {
    const observation: Record<string, Float32Array> = {};
    for (const { key, data, width } of this.#observations) {
      observation[key] = data.subarray(row * width, (row + 1) * width);
    }
    return observation;
  }
}

/** An episode's camera frames, channels first. */
async function* cameraFrames(dataset: Dataset, episode: EpisodeRecord, cameras: readonly string[]) {
  for await (const frame of dataset.frames(episode, { features: cameras })) {
    const images = cameras.map((key) => [
      key,
      toChannelsFirst(frame.values[key] as Uint8Array, dataset.imageSize(key)),
    ]);
    yield Object.fromEntries(images) as Record<string, Uint8Array>;
  }
}

/** Adds camera frames to transitions; each frame is decoded once. */
async function* withCameras(
  transitions: Iterable<Transition>,
  frames: AsyncGenerator<Record<string, Uint8Array>>,
): AsyncGenerator<Transition, void, void> {
  try {
    let current = (await frames.next()).value as Record<string, Uint8Array>;
    for (const transition of transitions) {
      const following = await frames.next();
      const next = following.done ? current : following.value;
      yield {
        ...transition,
        observation: { ...transition.observation, ...current },
        nextObservation: { ...transition.nextObservation, ...next },
      };
      current = next;
    }
  } finally {
    await frames.return(undefined);
  }
}
