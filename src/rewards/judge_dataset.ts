/** Labels recorded episodes with a reward model. */
import type { Dataset, DatasetFrame } from "../datasets/dataset.ts";
import { isCamera } from "../datasets/schema/features.ts";
import { toChannelsFirst } from "../datasets/schema/image_layout.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { RewardModel } from "./reward_model.ts";

export interface JudgedEpisode {
  /** Index in the dataset. */
  readonly episode: number;
  /** Probability of success per frame. */
  readonly probabilities: Float32Array;
  /** Value of each frame in hindsight; absent if the model has no `judgeEpisode`. */
  readonly values?: Float32Array;
}

/**
 * Judges a dataset episode by episode, in bounded memory. Nothing is written.
 *
 * @param episodes Which ones. Default: all.
 * @throws Error for a feature that the model needs and the dataset lacks, or for episodes that do not exist; DatasetError for
 * a file that cannot be read; the model's error.
 */
export async function* judgeDataset(
  dataset: Dataset,
  model: RewardModel,
  { episodes }: { readonly episodes?: readonly number[] } = {},
): AsyncGenerator<JudgedEpisode, void, void> {
  for (const index of episodes ?? dataset.episodes.keys()) {
    const { length } = dataset.episode(index);
    model.reset?.();
    const probabilities = new Float32Array(length);
    let frame = 0;
    for await (const observation of observationsOf(dataset, index, model)) {
      probabilities[frame++] = await model.judge(observation);
    }
    const values = await model.judgeEpisode?.(observationsOf(dataset, index, model));
    yield { episode: index, probabilities, ...(values && { values }) };
  }
}

/** The model's observation at each frame. */
async function* observationsOf(
  dataset: Dataset,
  episode: number,
  { inputFeatures }: RewardModel,
): AsyncGenerator<TensorRecord, void, void> {
  const features = Object.keys(inputFeatures);
  for await (const { values } of dataset.frames(dataset.episode(episode), { features })) {
    yield Object.fromEntries(features.map((key) => [key, tensorOf(dataset, key, values[key]!)]));
  }
}

function tensorOf(dataset: Dataset, key: string, value: DatasetFrame["values"][string]): Tensor {
  const feature = dataset.features[key]!;
  if (!isCamera(feature)) return new Tensor("float32", feature.shape, Float32Array.from(value as Iterable<number>));
  const { channels, height, width } = dataset.imageSize(key);
  return new Tensor("uint8", [channels, height, width], toChannelsFirst(value as Uint8Array, dataset.imageSize(key)));
}
